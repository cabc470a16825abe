"""Which commands are pytest, and what they are told in a copy."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

import pytest

from codemods.verify.commands import CommandError, environment, is_pytest, prepare
from codemods.verify.copies import Snapshot, snapshot


@pytest.mark.parametrize(
    "line",
    [
        "pytest",
        "pytest -q tests",
        "/proj/.venv/bin/pytest",
        "py.test -x",
        "python -m pytest -q",
        "python3.12 -X dev -W error -m pytest",
        "uv run pytest -q",
        "uv run --python 3.12 -m pytest",
        "poetry run pytest",
        "coverage run -m pytest",
        "env A=b pytest",
    ],
)
def test_these_are_pytest(line: str) -> None:
    assert is_pytest(shlex.split(line))


@pytest.mark.parametrize(
    "line",
    [
        "tox",
        "nox -s tests",
        "make test",
        "python -m unittest",
        "python pytest",
        "python run.py -m pytest",
        "python -c pass -m pytest",
        "uv run check.py pytest",
        "sh -c pytest",
        "echo pytest",
    ],
)
def test_these_are_not(line: str) -> None:
    assert not is_pytest(shlex.split(line))


@pytest.fixture
def tree(tmp_path: Path) -> Snapshot:
    root = tmp_path / "proj"
    for name in (".venv/bin/pytest", "tools/check", "tests/test_it.py"):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("#!/bin/sh\n")
        path.chmod(0o755)
    (root / ".venv/pyvenv.cfg").touch()
    return snapshot(root, tmp_path / "scratch" / "tree")


def test_a_script_of_the_project_is_the_copys_and_an_environment_is_not(
    tree: Snapshot, tmp_path: Path
) -> None:
    place = tmp_path / "run"
    own = prepare(["./tools/check"], tree.root, tree, place)
    assert own.words == (str(place / "tools/check"),)
    foreign = prepare(["../.venv/bin/pytest"], tree.root / "tests", tree, place)
    assert foreign.words == (str(tree.root / ".venv/bin/pytest"),)
    assert foreign.pytest


def test_arguments_that_name_copied_files_name_the_copys(tree: Snapshot, tmp_path: Path) -> None:
    inside, outside = tree.root / "tests/test_it.py", tmp_path / "elsewhere.py"
    words = [sys.executable, str(inside), f"--rootdir={tree.root}", str(outside), "tests"]
    assert prepare(words, tree.root, tree, Path("/run")).words[1:] == (
        "/run/tests/test_it.py",
        "--rootdir=/run",
        str(outside),
        "tests",
    )


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["no-such-program-here"], "no-such-program-here: command not found"),
        (["./none"], "./none: no such file"),
        (["./tests"], "./tests: not executable"),
        (["A=b", "pytest"], "write: env A=b"),
        ([], "behind `--`"),
    ],
)
def test_a_program_that_is_not_there(tree: Snapshot, words: list[str], why: str) -> None:
    with pytest.raises(CommandError) as error:
        prepare(words, tree.root, tree, Path("/run"))
    assert why in str(error.value)


def test_the_environment_leads_to_the_copy(tree: Snapshot) -> None:
    base = {
        "PYTHONPATH": f"{tree.root / 'tests'}{os.pathsep}/opt/lib",
        "PATH": f"{tree.root / '.venv/bin'}{os.pathsep}/bin",
        "GIT_DIR": str(tree.root / ".git"),
        "LANG": "C",
        "PYTHONPYCACHEPREFIX": "/cache",
    }
    env = environment(base, tree, Path("/run"), Path("/run/tests"), [Path("/hook")])
    assert env["PYTHONPATH"].split(os.pathsep) == ["/hook", "/run/tests", "/opt/lib"]
    assert env["PATH"] == base["PATH"]
    assert env["LANG"] == "C"
    assert env["PWD"] == "/run/tests"
    assert "GIT_DIR" not in env
    assert "PYTHONPYCACHEPREFIX" not in env  # stale code of the run before, at the same place
    # uv would point the user's environment to the copy.
    assert env["UV_PROJECT_ENVIRONMENT"] == str(tree.root / ".venv")
    assert env["UV_NO_SYNC"] == "1"
