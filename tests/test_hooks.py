"""The hooks that other repositories use."""

from __future__ import annotations

import shlex
from pathlib import Path

from click.testing import CliRunner
from pre_commit.clientlib import load_manifest

from codemods.cli import main

HOOKS = load_manifest(Path(__file__).parents[1] / ".pre-commit-hooks.yaml")


def test_what_the_hooks_call_is_there() -> None:
    assert [hook["id"] for hook in HOOKS] == ["codemods-check", "codemods"]
    for hook in HOOKS:
        program, *words = shlex.split(hook["entry"])
        assert program == "codemods"
        assert CliRunner().invoke(main, [*words, "--help"]).exit_code == 0
        assert not hook["pass_filenames"]  # the others' use of an object counts as well


def test_the_check_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text("import asyncio\n\n\nasync def nap():\n    await asyncio.sleep(1)\n")
    before = path.read_bytes()
    words = shlex.split(HOOKS[0]["entry"])[1:]
    assert CliRunner().invoke(main, [*words, str(path)]).exit_code == 1
    assert path.read_bytes() == before
