"""Names in reports: on one line, and without power over a terminal."""

from __future__ import annotations

import pytest

from codemods.report.names import shown


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("pkg/mod.py", "pkg/mod.py"),
        ("caf\u00e9 \u6c34.py", "caf\u00e9 \u6c34.py"),
        ("two\nlines.py", "two\\nlines.py"),
        ("\x1b[31m.py", "\\x1b[31m.py"),
        ("\udcff.py", "\\xff.py"),
        ("\u202eyp.py", "\\u202eyp.py"),
    ],
)
def test_shown(name: str, told: str) -> None:
    assert shown(name) == told
