"""The diff is what git takes, and applying it gives the very bytes."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from codemods.report import diff
from codemods.report.diff import render
from codemods.results import Change

LONG = b"".join(b"line %d\n" % number for number in range(40))


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        pytest.param("a.py", b"x = 1\n", b"x = 2\n", id="plain"),
        pytest.param("p/q/a.py", LONG, LONG.replace(b"20", b"twenty"), id="in folders"),
        pytest.param("a.py", LONG, LONG.replace(b"line 2\n", b"").replace(b"35", b"x"), id="hunks"),
        pytest.param("a.py", b"x\r\ny\r\n", b"x\r\nz\r\n", id="CRLF"),
        pytest.param("a.py", b"x\ry\n", b"x\rz\n", id="CR in a line"),
        pytest.param("a.py", b"a\x0cb\n", b"a\x0cc\n", id="form feed in a line"),
        pytest.param("a.py", b"a\x85b\n\x1c\n", b"a\x85c\n\x1c\n", id="other separators"),
        pytest.param("a.py", b"x = 1", b"x = 2", id="no final newline"),
        pytest.param("a.py", b"x = 1", b"x = 2\n", id="final newline added"),
        pytest.param("a.py", b"x = 1\n", b"x = 2", id="final newline taken away"),
        pytest.param("a.py", b"a\nb", b"a0\nb", id="unchanged last line without newline"),
        pytest.param("a.py", b"\xef\xbb\xbfx\n", b"\xef\xbb\xbfy\n", id="byte order mark"),
        pytest.param("a.py", b"x = '\xe9'\ny\n", b"x = '\xe9'\nz\n", id="Latin-1"),
        pytest.param("a.py", None, b"x = 1\ny = 2\n", id="new"),
        pytest.param("a.py", None, b"x = 1", id="new without final newline"),
        pytest.param("p/a.py", None, b"x = 1\n", id="new in a new folder"),
        pytest.param("a.py", b"", b"x = 1\n", id="was empty"),
        pytest.param("with space.py", b"x\n", b"y\n", id="space in the name"),
        pytest.param("new with space.py", None, b"y\n", id="new with space in the name"),
        pytest.param("é.py", b"x\n", b"y\n", id="accent in the name"),
        pytest.param('a"b.py', b"x\n", b"y\n", id="quote in the name"),
        pytest.param("a\tb\\c.py", b"x\n", b"y\n", id="tab and backslash in the name"),
    ],
)
@pytest.mark.parametrize("where", ["outside git", "top", "subfolder"])
def test_git_takes_it(
    tmp_path: Path, name: str, before: bytes | None, after: bytes, where: str
) -> None:
    folder = tmp_path / "sub" if where == "subfolder" else tmp_path
    path = folder / name
    (path if before is not None else folder / "x").parent.mkdir(parents=True, exist_ok=True)
    if before is not None:
        path.write_bytes(before)
    if where != "outside git":
        subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    patch = render([Change(path, name, before, after)])
    for words in (["--check"], []):
        command = ["git", "-c", "core.autocrlf=false", "apply", "--whitespace=nowarn", *words]
        done = subprocess.run(command, cwd=folder, input=patch, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
    assert path.read_bytes() == after


def test_nothing_changed() -> None:
    assert render([]) == b""


def test_workers_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    changes = [Change(Path(f"{n}.py"), f"{n}.py", LONG, LONG + b"%d\n" % n) for n in range(9)]
    alone = render(changes, jobs=1)
    monkeypatch.setattr(diff, "_WORTH_A_POOL", 0)
    assert render(changes, jobs=2) == alone
