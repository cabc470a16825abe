"""The ratchet: what was there is let be, what is new fails."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from codemods.cli import main

NAP = """\
import asyncio


async def nap():
    await asyncio.sleep(1)
    await asyncio.sleep(1)


async def rest():
    await asyncio.sleep(0)
"""
FILE = "known.json"
CHECK = ("apply", "--check", "--baseline", FILE)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with two files and their baseline."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.py").write_text(NAP)
    (tmp_path / "sub" / "b.py").write_text(NAP)
    monkeypatch.chdir(tmp_path)
    run(*CHECK, "--write-baseline")
    return tmp_path


def run(*words: str, status: int = 0) -> Result:
    result = CliRunner().invoke(main, words, prog_name="codemods")
    assert result.exit_code == status, result.output
    return result


def entries(folder: Path) -> list[dict[str, object]]:
    return list(json.loads((folder / FILE).read_text())["sites"])


# --- the file ----------------------------------------------------------------------------


def test_all_that_is_there_is_listed(folder: Path) -> None:
    sleep = {"path": "a.py", "kind": "sleep"}
    assert entries(folder)[:2] == [
        {**sleep, "function": "nap", "text": "asyncio.sleep(1)", "count": 2},
        {**sleep, "function": "rest", "text": "asyncio.sleep(0)", "count": 1},
    ]
    assert len(entries(folder)) == 4
    assert (folder / "a.py").read_text() == NAP


def test_one_entry_a_line(folder: Path) -> None:
    lines = (folder / FILE).read_text().splitlines()
    assert len(lines) == 4 + 3
    assert not any("line" in entry for entry in entries(folder))


def test_writing_it_again_changes_nothing(folder: Path) -> None:
    before = (folder / FILE).read_bytes()
    assert run(*CHECK, "--write-baseline").stderr == "baseline: 6 known\n"
    assert (folder / FILE).read_bytes() == before


def test_files_that_were_not_looked_at_stay_listed(folder: Path) -> None:
    (folder / "sub" / "b.py").write_text("import os\n")
    run(*CHECK, "--write-baseline", "a.py")
    assert len(entries(folder)) == 4
    run(*CHECK, "--write-baseline")
    assert {entry["path"] for entry in entries(folder)} == {"a.py"}


def test_files_that_could_not_be_read_stay_listed(folder: Path) -> None:
    (folder / "a.py").write_text(NAP + "def f(:\n")
    run(*CHECK, "--write-baseline", status=3)
    assert len(entries(folder)) == 4


# --- the check ---------------------------------------------------------------------------


def test_what_is_listed_is_let_be(folder: Path) -> None:
    run("apply", "--check", status=1)
    result = run(*CHECK)
    assert "0 files would change (2 looked at): 6 suppressed" in result.stdout
    assert result.stderr == "baseline: 6 known\n"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("# a\n# b\n\n" + NAP, id="lines move"),
        pytest.param(NAP.replace("sleep(1)", "sleep(\n        1\n    )"), id="layout"),
        pytest.param(NAP.replace("nap():", "nap(hours):\n    log(hours)"), id="other code"),
        pytest.param(NAP.replace("\n", "\r\n"), id="line endings"),
    ],
)
def test_what_moves_is_still_known(folder: Path, text: str) -> None:
    if "(\n" in text:  # the text of a primitive counts, less its whitespace
        text = text.replace("sleep(\n        1\n    )", "sleep(1)")
    (folder / "a.py").write_bytes(text.encode())
    run(*CHECK)


@pytest.mark.parametrize(
    ("text", "new"),
    [
        pytest.param(NAP + "    await asyncio.sleep(3)\n", 1, id="another text"),
        pytest.param(
            NAP.replace("sleep(0)", "sleep(0)\n    await asyncio.sleep(1)"), 1, id="function"
        ),
        pytest.param(
            NAP.replace("():\n", "():\n    await asyncio.sleep(1)\n", 1), 1, id="one more"
        ),
        pytest.param(NAP.replace("nap", "slumber"), 2, id="another function"),
    ],
)
def test_what_is_new_fails(folder: Path, text: str, new: int) -> None:
    (folder / "a.py").write_text(text)
    result = run(*CHECK, status=1)
    assert f": {new} pipeline" in result.stdout
    assert "sub/b.py" not in result.stdout


def test_a_copied_file_is_new(folder: Path) -> None:
    (folder / "c.py").write_text(NAP)
    run(*CHECK, status=1)


def test_machine_formats_tell_known_ones_as_suppressed(folder: Path) -> None:
    (folder / "a.py").write_text(NAP + "    await asyncio.sleep(3)\n")
    told = json.loads(run(*CHECK, "--format", "json", status=1).stdout)
    assert [(f["path"], f["changed"]) for f in told["files"]] == [
        ("a.py", True),
        ("sub/b.py", False),
    ]
    assert {site["reason"] for site in told["files"][1]["sites"]} == {"in-baseline"}
    [sarif] = json.loads(run(*CHECK, "--format", "sarif", status=1).stdout)["runs"]
    assert [r.get("suppressions", [{}])[0].get("kind") for r in sarif["results"][:4]] == [
        "external",
        "external",
        "external",
        None,
    ]
    assert run(*CHECK, "--format", "github", status=1).stdout.count("::") == 2


# --- stale entries -----------------------------------------------------------------------


def test_what_is_gone_is_told(folder: Path) -> None:
    (folder / "a.py").write_text(NAP.replace("sleep(1)", "wait(1)"))
    (folder / "sub" / "b.py").unlink()
    lines = run(*CHECK).stderr.splitlines()
    assert lines == [
        "a.py: gone since the baseline: asyncio.sleep(1) in nap (2 times)",
        "sub/b.py: gone since the baseline: asyncio.sleep(1) in nap (2 times)",
        "sub/b.py: gone since the baseline: asyncio.sleep(0) in rest",
        "baseline: 1 known; --write-baseline drops what is gone",
    ]
    run(*CHECK, "--write-baseline")
    assert len(entries(folder)) == 1


def test_what_was_not_looked_for_is_not_gone(folder: Path) -> None:
    for words in (("a.py",), ("--tier", "3")):
        assert "gone" not in run(*CHECK, *words).stderr


# --- where it lies -----------------------------------------------------------------------


def test_paths_start_from_the_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder / "sub")
    run("apply", "--check", "--baseline", f"../{FILE}", "..")


def test_the_settings_may_name_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "pyproject.toml").write_text(f'[tool.codemods]\nbaseline = "{FILE}"\n')
    monkeypatch.chdir(folder / "sub")
    run("apply", "--check")
    run("apply", "--check", "--no-baseline", status=1)
    run("apply")
    assert "asyncio.sleep(1)" not in (folder / "sub" / "b.py").read_text()


def test_names_need_not_be_unicode(folder: Path) -> None:
    (folder / os.fsdecode(b"\xff.py")).write_text(NAP)
    run(*CHECK, "--write-baseline")
    run(*CHECK)


# --- mistakes ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("apply", "--baseline", FILE), "a baseline goes with --check"),
        (("apply", "--check", "--dry-run", "--baseline", FILE), "without --dry-run"),
        (("apply", "--check", "--write-baseline"), "--write-baseline needs --baseline FILE"),
        ((*CHECK, "--write-baseline", "--tier", "2"), "goes with all tiers"),
        (("apply", "--check", "--baseline", "none.json"), "none.json: no such file"),
        (("apply", "--check", "--baseline", "a.py"), "a.py: no baseline"),
        (("apply", "--check", "--baseline", "a.py", "--write-baseline"), "a.py: no baseline"),
        (
            ("apply", "--check", "--baseline", "no/known.json", "--write-baseline"),
            "cannot write no/known.json: No such file or directory",
        ),
    ],
)
def test_mistakes(folder: Path, words: tuple[str, ...], said: str) -> None:
    before = (folder / "a.py").read_text()
    assert said in run(*words, status=2).stderr
    assert (folder / "a.py").read_text() == before


@pytest.mark.parametrize(
    "data", ["[]", "{}", '{"version": 2}', '{"version": 1}', '{"version": 1, "sites": [{}]}', "\0"]
)
def test_what_is_no_baseline(folder: Path, data: str) -> None:
    (folder / FILE).write_text(data)
    assert f"{FILE}: no baseline" in run(*CHECK, status=2).stderr
