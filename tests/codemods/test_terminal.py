"""Progress is shown on a terminal, and nowhere else."""

from __future__ import annotations

import io

import pytest

from codemods.runner import Task
from codemods.tasks import Found
from codemods.terminal import progress_bar

FOUND = Found(tuple(Task(f"/{n}.py", f"{n}.py", "_operators", None) for n in range(4)))


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(monkeypatch: pytest.MonkeyPatch, stream: io.StringIO, *, quiet: bool) -> str:
    monkeypatch.setattr("sys.stderr", stream)
    with progress_bar(FOUND, quiet) as progress:
        progress(1)
        progress(3)
    return stream.getvalue()


def test_a_terminal_is_told_how_far_and_how_fast(monkeypatch: pytest.MonkeyPatch) -> None:
    told = shown(monkeypatch, Terminal(), quiet=False)
    assert "4/4" in told
    assert "/s" in told
    assert "\x1b[3" not in told  # no colour, whatever NO_COLOR says


def test_nobody_else_is(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(monkeypatch, io.StringIO(), quiet=False) == ""
    assert shown(monkeypatch, Terminal(), quiet=True) == ""
