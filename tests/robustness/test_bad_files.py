"""A folder full of what can be wrong with files: a clear line each, and the good ones are done."""

from __future__ import annotations

import os
import shutil
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from codemods import tasks
from codemods.cli import main
from codemods.discover import Discovery, discover

NAP = b"import asyncio\n\n\nasync def nap():\n    await asyncio.sleep(1)\n"
GOOD = {
    b"plain.py": NAP,
    b"with space.py": NAP,
    b"new\nline.py": NAP,
    b"\xff\xfe.py": NAP,
    b"\x1b[31mred.py": NAP,
    b"'quoted\".py": NAP,
    b"crlf.py": NAP.replace(b"\n", b"\r\n"),
    b"bom.py": b"\xef\xbb\xbf" + NAP,
    b"tabs.py": NAP.replace(b"    ", b"\t"),
    b"form_feed.py": NAP.replace(b"\n\n\n", b"\n\n# \x0c\n"),
    b"no_end.py": NAP.rstrip(b"\n"),
    b"latin.py": b"# coding: latin-1\n# \xe9\n" + NAP,
    b"folder.py/inside.py": NAP,
}
# Name -> bytes, and what its line says.
BAD = {
    "syntax.py": (NAP + b"def f(:\n", "syntax.py:6: syntax-error: "),
    "dedent.py": (NAP + b"  x = 1\n", "dedent.py:6: syntax-error: "),
    "unclosed.py": (NAP + b"x = '''\n", "unclosed.py:6: syntax-error: "),
    "bytes.py": (NAP + b"# \xff\n", "bytes.py:6: encoding-error: not utf-8: "),
    "klingon.py": (b"# coding: klingon\n" + NAP, "klingon.py:1: encoding-error: unknown encoding"),
    "cookie.py": (b"\xef\xbb\xbf# coding: latin-1\n" + NAP, "cookie.py:1: encoding-error: "),
    "null.py": (NAP + b"\0\n", "null.py:6: syntax-error: null bytes"),
    "deep_parentheses.py": (
        NAP + b"x = " + b"(" * 10_000 + b")" * 10_000 + b"\n",
        "deep_parentheses.py:6: syntax-error: too many nested parentheses",
    ),
    "deep_operators.py": (
        NAP + b"x = " + b"-" * 10_000 + b"1\n",
        "deep_operators.py: syntax-error: nested too deeply",
    ),
    "deep_blocks.py": (
        NAP + b"".join(b" " * n + b"if a:\n" for n in range(1_000)),
        "deep_blocks.py:106: syntax-error: too many levels of indentation",
    ),
    "deep_chain.py": (NAP + b"x = 1" + b" + 1" * 500 + b"\n", "deep_chain.py:6: too-deep: nested"),
    "shut.py": (NAP, "shut.py: permission-denied: Permission denied"),
    "read_only.py": (NAP, "read_only.py: permission-denied: read-only"),
    "frozen/a.py": (NAP, "frozen/a.py: permission-denied: "),
    "closed/a.py": (NAP, "closed: permission-denied: the folder cannot be listed"),
}  # fmt: skip
LINES = [
    *(line for _, line in BAD.values()),
    "huge.py: too-large: 50.0 MB; files above 10 MB are not read",
]
PASSED = [
    "pipe.py  passed over: not-a-file",
    "socket.py  passed over: not-a-file",
    "to_pipe.py  passed over: not-a-file",
    "broken.py  passed over: broken-link",
    "circle.py  passed over: broken-link",
    "outside.py  passed over: link-outside",
    "outside  passed over: link-outside",
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    outside, root = tmp_path / "elsewhere", tmp_path / "root"
    outside.mkdir()
    (outside / "a.py").write_bytes(NAP)
    files = {**GOOD, **{name.encode(): data for name, (data, _) in BAD.items()}}
    for name, data in files.items():
        path = root / os.fsdecode(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (root / "frozen" / "__init__.py").touch()
    with (root / "huge.py").open("wb") as file:
        file.write(NAP)
        file.truncate(50_000_000)
    os.mkfifo(root / "pipe.py")
    (root / ".gitignore").symlink_to("pipe.py")
    monkeypatch.chdir(root)
    with socket.socket(socket.AF_UNIX) as unix:
        unix.bind("socket.py")
    (root / "to_pipe.py").symlink_to("pipe.py")
    (root / "broken.py").symlink_to("nowhere.py")
    (root / "circle.py").symlink_to("circle.py")
    (root / "outside.py").symlink_to(outside / "a.py")
    (root / "outside").symlink_to(outside)
    modes = {"shut.py": 0, "read_only.py": 0o444, "frozen": 0o555, "closed": 0}
    for name, mode in modes.items():
        (root / name).chmod(mode)
    yield root
    for name in modes:
        (root / name).chmod(0o755)


def run(*words: str) -> subprocess.CompletedProcess[bytes]:
    """The program, without root's right to read and write everything."""
    command = [sys.executable, "-m", "codemods", *words]
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("root may do anything here")
        rights = "-dac_override,-dac_read_search"
        command = ["setpriv", "--bounding-set", rights, *command]
    return subprocess.run(command, capture_output=True, check=False, timeout=120)


def one_line_each(lines: list[str], expected: list[str]) -> None:
    for wanted in expected:
        assert sum(line.startswith(wanted) for line in lines) == 1, (wanted, lines)
    assert len(lines) == len(expected), lines


@pytest.mark.parametrize("jobs", ["1", "3"])
def test_apply(folder: Path, jobs: str) -> None:
    (folder / "filler.py").write_bytes(NAP + b"# " + b"-" * 120_000)
    outside = (folder.parent / "elsewhere" / "a.py").read_bytes()
    bad = {name: (folder / name).read_bytes() for name in BAD if name.endswith("y.py")}
    done = run("apply", "--jobs", jobs)
    assert done.returncode == 3
    assert b"Traceback" not in done.stderr
    one_line_each(done.stderr.decode().splitlines(), LINES)
    told = done.stdout.decode()
    one_line_each([line for line in told.splitlines() if "passed over" in line], PASSED)
    assert "new\\nline.py\n" in told
    assert "\\xff\\xfe.py\n" in told
    assert "\x1b" not in told
    for name, data in GOOD.items():
        after = (folder / os.fsdecode(name)).read_bytes()
        assert b"asyncio.sleep" not in after, name
        for kept in (b"\r\n", b"\xef\xbb\xbf", b"\t", b"\x0c", b"\xe9"):
            assert (kept in after) == (kept in data), (name, kept)
        assert after.endswith(b"\n") == data.endswith(b"\n")
    assert (folder.parent / "elsewhere" / "a.py").read_bytes() == outside
    assert {name: (folder / name).read_bytes() for name in bad} == bad
    assert not [path for path in folder.rglob(".codemods-*") if path.is_file()]


def test_inventory(folder: Path) -> None:
    done = run("inventory")
    assert done.returncode == 3
    written = {"read_only.py", "frozen/a.py"}  # what can be read can be listed
    expected = [
        line
        for line in LINES
        if not line.startswith((*written, "deep_chain.py"))
    ]  # fmt: skip
    one_line_each(done.stderr.decode().splitlines(), expected)
    told = done.stdout.decode()
    for name in GOOD:
        shown = name.decode("utf-8", "backslashreplace").encode("unicode_escape").decode()
        assert f"{shown}:".replace("\\\\", "\\") in told


def test_a_file_that_vanishes_during_the_run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def discover_and_lose(*arguments: object) -> Discovery:
        found = discover(*arguments)  # type: ignore[arg-type]
        (folder / "plain.py").unlink()
        return found

    monkeypatch.setattr(tasks, "discover", discover_and_lose)
    result = CliRunner().invoke(main, ["apply"])
    assert result.exit_code == 3
    assert "\nplain.py: not-found: No such file or directory\n" in result.stderr
    assert b"asyncio.sleep" not in (folder / "crlf.py").read_bytes()


def test_named_files_are_checked_whatever_they_hold(folder: Path) -> None:
    (folder / "dull.py").write_bytes(b"def f(:\n")
    done = run("apply", "dull.py", "plain.py")
    assert done.returncode == 3
    assert done.stderr.startswith(b"dull.py:1: syntax-error: ")
    assert b"asyncio.sleep" not in (folder / "plain.py").read_bytes()


def test_operators_are_not_written_through_a_link(folder: Path) -> None:
    (folder / "_operators.py").symlink_to(folder.parent / "elsewhere" / "_operators.py")
    done = run("apply", "plain.py")
    assert not (folder.parent / "elsewhere" / "_operators.py").exists()
    assert b"operators-edited" in done.stdout
    assert (folder / "plain.py").read_bytes() == NAP


def test_operators_that_are_a_pipe(folder: Path) -> None:
    os.mkfifo(folder / "_operators.py")
    done = run("apply", "plain.py")
    assert done.returncode == 3
    assert b"not a regular file" in done.stderr
    assert stat.S_ISFIFO((folder / "_operators.py").stat().st_mode)
