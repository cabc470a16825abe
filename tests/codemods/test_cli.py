"""What a user sees: statuses, streams, and files on the disk."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from codemods import cli
from codemods.cli import main
from codemods.vendor import module_bytes
from transforms import RULES

NAP = b"""\
import asyncio


async def nap() -> None:
    await asyncio.sleep(1)
"""
RESTED = b"asyncio.sleep"  # what is gone from a rewritten file
DULL = b"import os\n"
BROKEN = b"import asyncio\n\nasync def nap(:\n    await asyncio.sleep(1)\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory: a package with two files that change, and one that does not."""
    (tmp_path / "pkg" / "sub").mkdir(parents=True)
    for name, data in {
        "pkg/__init__.py": b"",
        "pkg/sub/__init__.py": b"",
        "pkg/nap.py": NAP,
        "pkg/sub/nap.py": NAP,
        "pkg/dull.py": DULL,
    }.items():
        (tmp_path / name).write_bytes(data)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*words: str, status: int = 0) -> Result:
    result = CliRunner().invoke(main, words, prog_name="codemods")
    assert result.exit_code == status, result.output
    assert "Traceback (most" not in result.output
    return result


def state(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".git/" not in path.as_posix()
    }


def git(folder: Path, *words: str) -> None:
    identity = ["-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)


def committed(folder: Path) -> None:
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "begin")


# --- apply -------------------------------------------------------------------------------


def test_apply_rewrites_and_vendors(folder: Path) -> None:
    before = state(folder)
    result = run("apply")
    after = state(folder)
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed == {"pkg/nap.py", "pkg/sub/nap.py", "pkg/_operators.py"}
    assert RESTED not in after["pkg/nap.py"]
    assert b"from pkg._operators import last_value_from" in after["pkg/sub/nap.py"]
    assert after["pkg/_operators.py"] == module_bytes()
    assert "3 files changed (5 looked at): 2 pipeline" in result.stdout
    assert result.stderr == ""


def test_a_second_run_changes_nothing(folder: Path) -> None:
    run("apply")
    first = state(folder)
    result = run("apply")
    assert state(folder) == first
    assert "0 files changed" in result.stdout
    run("apply", "--check")


def test_a_file_in_no_package_has_the_operators_beside_it(folder: Path) -> None:
    (folder / "scripts").mkdir()
    (folder / "scripts" / "run.py").write_bytes(NAP)
    run("apply", "scripts")
    assert b"from _operators import last_value_from" in (folder / "scripts/run.py").read_bytes()
    assert (folder / "scripts" / "_operators.py").read_bytes() == module_bytes()


def test_operators_where_the_user_says(folder: Path) -> None:
    run("apply", "--operators", "pkg.sub._rx")
    assert b"from pkg.sub._rx import" in (folder / "pkg" / "nap.py").read_bytes()
    assert (folder / "pkg" / "sub" / "_rx.py").exists()
    assert not (folder / "pkg" / "_operators.py").exists()


def test_operators_where_the_settings_say(folder: Path) -> None:
    (folder / "pyproject.toml").write_text('[tool.codemods]\noperators = "pkg.sub._rx"\n')
    run("apply")
    assert (folder / "pkg" / "sub" / "_rx.py").exists()


def test_only_the_named_paths(folder: Path) -> None:
    run("apply", "pkg/sub")
    assert RESTED in (folder / "pkg" / "nap.py").read_bytes()
    assert RESTED not in (folder / "pkg" / "sub" / "nap.py").read_bytes()


def test_the_paths_of_the_settings(folder: Path) -> None:
    (folder / "pyproject.toml").write_text('[tool.codemods]\npaths = ["pkg/sub"]\n')
    run("apply")
    assert RESTED in (folder / "pkg" / "nap.py").read_bytes()
    assert RESTED not in (folder / "pkg" / "sub" / "nap.py").read_bytes()


def test_tiers_follow_the_settings(folder: Path) -> None:
    (folder / "pyproject.toml").write_text(
        '[tool.codemods.tiers]\n1 = ["pkg/sub"]\n3 = ["pkg/nap.py"]\n'
    )
    run("apply", "--tier", "2")
    assert RESTED in (folder / "pkg" / "nap.py").read_bytes()
    run("apply", "--tier", "1", "--tier", "2")
    assert RESTED in (folder / "pkg" / "nap.py").read_bytes()
    assert RESTED not in (folder / "pkg" / "sub" / "nap.py").read_bytes()


@pytest.mark.parametrize("words", [("--ignore", "RX208"), ("--ignore", "Delay")])
def test_ignored_rules(folder: Path, words: tuple[str, ...]) -> None:
    before = state(folder)
    run("apply", *words)
    assert state(folder) == before


@pytest.mark.parametrize("word", ["RX208", "rx208", "delay", "DELAY"])
def test_selected_rules(folder: Path, word: str) -> None:
    run("apply", "--select", word)
    assert RESTED not in (folder / "pkg" / "nap.py").read_bytes()


def test_a_link_and_its_target_are_one_file(folder: Path) -> None:
    (folder / "pkg" / "alias.py").symlink_to("nap.py")
    result = run("apply", "pkg/alias.py", "pkg/nap.py", "--format", "json")
    assert json.loads(result.stdout)["summary"]["pipeline"] == 1
    assert (folder / "pkg" / "alias.py").is_symlink()
    assert RESTED not in (folder / "pkg" / "nap.py").read_bytes()


# --- status 2 ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(["apply", "nowhere.py"], "nowhere.py", id="no such path"),
        pytest.param(["inventory", "nowhere"], "nowhere", id="no such path for inventory"),
        pytest.param(["apply", "--select", "RX207x"], "did you mean", id="unknown rule"),
        pytest.param(["apply", "--ignore", "dely"], "did you mean 'delay'", id="misspelt rule"),
        pytest.param(["explain", "dleay"], "did you mean 'delay'", id="explain a misspelt rule"),
        pytest.param(["apply", "--tier", "4"], "4", id="no such tier"),
        pytest.param(["apply", "--jobs", "0"], "0", id="no workers"),
        pytest.param(["apply", "--format", "yaml"], "yaml", id="no such format"),
        pytest.param(["apply", "--operators", "no.where"], "no.where", id="no such package"),
        pytest.param(["apply", "--operators", "a-b"], "a-b", id="not a module"),
        pytest.param(["apply", "--output", "no/where.txt"], "no/where.txt", id="no such folder"),
        pytest.param(["apply", "--output", "pkg/nap.py/x"], "pkg/nap.py/x", id="no folder"),
        pytest.param(["aply"], "aply", id="no such command"),
    ],
)
def test_the_users_mistakes(folder: Path, words: list[str], said: str) -> None:
    before = state(folder)
    result = run(*words, status=2)
    assert said in result.stderr
    assert result.stdout == ""
    assert state(folder) == before


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ('[tool.codemods]\npathss = ["pkg"]\n', "paths"),
        ("[tool.codemods]\npaths = 3\n", "paths"),
        ("[tool.codemods\n", "pyproject.toml"),
        ('[tool.codemods]\nadapted = ["RX999"]\n', "tool.codemods.adapted: unknown rule 'RX999'"),
        ('[tool.codemods]\npaths = ["nowhere"]\n', "nowhere"),
    ],
)
def test_settings_that_cannot_be_read(folder: Path, settings: str, said: str) -> None:
    (folder / "pyproject.toml").write_text(settings)
    before = state(folder)
    assert said in run("apply", status=2).stderr
    assert state(folder) == before


# --- status 3 ----------------------------------------------------------------------------


def test_a_syntax_error_does_not_stop_the_others(folder: Path) -> None:
    (folder / "pkg" / "a_bad.py").write_bytes(BROKEN)
    result = run("apply", status=3)
    assert "pkg/a_bad.py:3: syntax-error:" in result.stderr
    assert RESTED not in (folder / "pkg" / "nap.py").read_bytes()
    assert (folder / "pkg" / "a_bad.py").read_bytes() == BROKEN


def test_a_full_disk_is_told_and_nothing_is_lost(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = state(folder)

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    result = run("apply", "--format", "json", status=3)
    assert state(folder) == before
    found = json.loads(result.stdout)
    assert [(error["path"], error["kind"]) for error in found["errors"]] == [
        ("pkg/nap.py", "write-error"),
        ("pkg/sub/nap.py", "write-error"),
    ]
    assert found["files"] == []
    assert "No space left on device" in result.stderr


def test_one_file_that_cannot_be_written(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stock = os.replace

    def replace(source: Path, target: Path) -> None:
        if target == folder / "pkg" / "nap.py":
            raise PermissionError(errno.EACCES, "Permission denied")
        stock(source, target)

    monkeypatch.setattr(os, "replace", replace)
    result = run("apply", status=3)
    assert "pkg/nap.py: permission-denied: Permission denied" in result.stderr
    assert RESTED in (folder / "pkg" / "nap.py").read_bytes()
    assert RESTED not in (folder / "pkg" / "sub" / "nap.py").read_bytes()
    assert not [name for name in state(folder) if "tmp" in name]


# --- git ---------------------------------------------------------------------------------


def test_uncommitted_changes_are_left_alone(folder: Path) -> None:
    committed(folder)
    dirty = NAP + b"# mine\n"
    (folder / "pkg" / "nap.py").write_bytes(dirty)
    result = run("apply", status=3)
    assert "pkg/nap.py: uncommitted-changes:" in result.stderr
    assert "--allow-dirty" in result.stderr
    assert (folder / "pkg" / "nap.py").read_bytes() == dirty
    assert RESTED not in (folder / "pkg" / "sub" / "nap.py").read_bytes()


def test_unless_the_user_says_so(folder: Path) -> None:
    committed(folder)
    (folder / "pkg" / "nap.py").write_bytes(NAP + b"# mine\n")
    run("apply", "--allow-dirty")
    assert RESTED not in (folder / "pkg" / "nap.py").read_bytes()


def test_dirty_files_that_would_not_change_do_not_matter(folder: Path) -> None:
    committed(folder)
    (folder / "pkg" / "dull.py").write_bytes(b"import sys\n")
    run("apply")


def test_looking_at_dirty_files_is_free(folder: Path) -> None:
    committed(folder)
    (folder / "pkg" / "nap.py").write_bytes(NAP + b"# mine\n")
    assert b"# mine" in run("apply", "--dry-run").stdout_bytes
    run("apply", "--check", status=1)


# --- dry run, check ----------------------------------------------------------------------


def test_check_tells_before_and_after(folder: Path) -> None:
    before = state(folder)
    result = run("apply", "--check", status=1)
    assert "3 files would change" in result.stdout
    assert state(folder) == before
    run("apply")
    run("apply", "--check")


def test_the_dry_runs_diff_gives_what_apply_gives(folder: Path) -> None:
    (folder / "pkg" / "crlf.py").write_bytes(NAP.replace(b"\n", b"\r\n"))
    (folder / "pkg" / "open.py").write_bytes(NAP.rstrip(b"\n"))
    (folder / "pkg" / "old.py").write_bytes(b"# coding: latin-1\n# caf\xe9\n" + NAP)
    (folder / "pkg" / "mark.py").write_bytes(b"\xef\xbb\xbf" + NAP)
    committed(folder)
    before = state(folder)
    result = run("apply", "--dry-run")
    assert state(folder) == before
    patch = result.stdout_bytes
    assert "7 files would change" in result.stderr
    run("apply")
    after = state(folder)
    git(folder, "stash", "-u")
    assert state(folder) == before
    for words in (["--check"], []):
        subprocess.run(["git", "apply", *words], cwd=folder, input=patch, check=True)
    assert state(folder) == after


def test_the_diff_fits_the_folder_it_was_made_in(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    committed(folder)
    monkeypatch.chdir(folder / "pkg")
    patch = run("apply", "--dry-run").stdout_bytes
    assert b"+++ b/sub/nap.py" in patch
    subprocess.run(["git", "apply"], cwd=folder / "pkg", input=patch, check=True)
    patched = state(folder)
    git(folder, "stash", "-u")
    run("apply")
    assert state(folder) == patched


def test_dry_run_with_check(folder: Path) -> None:
    assert b"+++ b/pkg/nap.py" in run("apply", "--dry-run", "--check", status=1).stdout_bytes


def test_dry_run_with_a_format(folder: Path) -> None:
    assert json.loads(run("apply", "--dry-run", "--format", "json").stdout)["version"] == 1
    result = run("apply", "--dry-run", "--format", "json", "--output", "report.json")
    assert result.stdout.startswith("--- /dev/null\n+++ b/pkg/_operators.py\n")
    assert json.loads((folder / "report.json").read_text())["summary"]["changed"] == 3


# --- the operators module ----------------------------------------------------------------


def test_an_edited_module_is_never_overwritten(folder: Path) -> None:
    module = folder / "pkg" / "_operators.py"
    module.write_bytes(module_bytes() + b"# mine\n")
    before = state(folder)
    found = json.loads(run("apply", "--format", "json").stdout)
    assert state(folder) == before
    for file in found["files"]:
        assert not file["changed"]
        assert [site["outcome"] for site in file["sites"]] == ["refused"]
        assert file["sites"][0]["reason"] == "operators-edited"
        assert "--operators" in file["sites"][0]["hint"]
    assert len(found["files"]) == 2


def test_another_module_of_that_name_is_never_overwritten(folder: Path) -> None:
    (folder / "pkg" / "_operators.py").write_bytes(b"def mine(): ...\n")
    before = state(folder)
    assert "operators-edited" in run("apply").stdout
    assert state(folder) == before


def test_a_package_of_that_name_is_in_the_way(folder: Path) -> None:
    (folder / "pkg" / "_operators").mkdir()
    (folder / "pkg" / "_operators" / "__init__.py").touch()
    before = state(folder)
    assert "operators-edited" in run("apply").stdout
    assert state(folder) == before


def test_an_older_copy_is_brought_up_to_date(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("codemods.vendor._body", lambda: b"last_value_from = None\n")
        patch.setattr("codemods.vendor.__version__", "0.0.1")
        old = module_bytes()
    (folder / "pkg" / "_operators.py").write_bytes(old)
    assert "brought up to date" in run("apply").stdout
    assert (folder / "pkg" / "_operators.py").read_bytes() == module_bytes()


# --- reports -----------------------------------------------------------------------------


def test_json_is_the_same_whatever_the_jobs(folder: Path) -> None:
    filler = b"#" * 4000 + b"\n"
    for number in range(40):
        (folder / "pkg" / f"f{number}.py").write_bytes(NAP + filler)
    (folder / "pkg" / "bad.py").write_bytes(BROKEN)
    alone, together = (
        run("apply", "--dry-run", "--format", "json", "--jobs", jobs, status=3).stdout_bytes
        for jobs in ("1", "4")
    )
    assert alone == together
    assert len(json.loads(alone)["files"]) == 43


def test_output_goes_where_the_user_says(folder: Path) -> None:
    result = run("apply", "--format", "markdown", "--output", "report.md")
    assert result.stdout == ""
    assert (folder / "report.md").read_text().startswith("# Migration report")


def test_quiet(folder: Path) -> None:
    (folder / "pkg" / "bad.py").write_bytes(BROKEN)
    result = run("apply", "--quiet", status=3)
    assert result.stdout == ""
    assert result.stderr.startswith("pkg/bad.py:3: syntax-error")
    assert len(result.stderr.splitlines()) == 1


def test_no_colour_where_there_is_no_terminal(folder: Path) -> None:
    assert "\x1b" not in run("apply", "-v").output


# --- interrupting ------------------------------------------------------------------------


def test_ctrl_c_before_the_writing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = state(folder)

    def stop(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("codemods.rewrite.rewrite", stop)
    assert "no file was changed" in run("apply", status=130).stderr
    assert state(folder) == before


def test_ctrl_c_amid_the_writing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stock = os.replace

    def replace(source: Path, target: Path) -> None:
        if target == folder / "pkg" / "sub" / "nap.py":
            raise KeyboardInterrupt
        stock(source, target)

    monkeypatch.setattr(os, "replace", replace)
    result = run("apply", status=130)
    assert "Rewritten:\n  pkg/_operators.py\n  pkg/nap.py\n" in result.stderr
    assert "As they were:\n  pkg/sub/nap.py\n" in result.stderr
    assert (folder / "pkg" / "sub" / "nap.py").read_bytes() == NAP
    assert RESTED not in (folder / "pkg" / "nap.py").read_bytes()


# --- the other commands ------------------------------------------------------------------


def test_inventory(folder: Path) -> None:
    assert "pkg/nap.py:5:" in run("inventory").stdout
    found = json.loads(run("inventory", "--format", "json", "pkg/sub").stdout)
    [row] = found["primitives"]
    assert (row["path"], row["line"], row["kind"]) == ("pkg/sub/nap.py", 5, "sleep")
    assert "| sleep |" in run("inventory", "--format", "markdown").stdout


def test_source_text_has_no_power_over_a_terminal(folder: Path) -> None:
    (folder / "pkg" / "odd.py").write_bytes(NAP.replace(b"sleep(1)", b"sleep(f('\x1b[2J'))"))
    for words in (("inventory",), ("apply", "--check")):
        told = run(*words, "pkg/odd.py", status=len(words) - 1).stdout
        assert "\x1b" not in told
        assert "seconds=f('\\x1b[2J')" in told


def test_inventory_changes_nothing(folder: Path) -> None:
    before = state(folder)
    run("inventory")
    assert state(folder) == before


def test_inventory_goes_on_after_an_error(folder: Path) -> None:
    (folder / "pkg" / "bad.py").write_bytes(BROKEN)
    result = run("inventory", status=3)
    assert "pkg/nap.py:5:" in result.stdout
    assert "pkg/bad.py:3: syntax-error" in result.stderr


def test_rules_lists_all() -> None:
    told = run("rules").stdout
    assert all(rule.code in told and rule.name in told for rule in RULES)


@pytest.mark.parametrize("word", [word for rule in RULES for word in (rule.code, rule.name)])
def test_explain(word: str) -> None:
    told = run("explain", word).stdout
    for heading in ("Recognises", "Emits", "Keeps", "Refuses"):
        assert heading in told


def test_help_has_every_option() -> None:
    told = run("apply", "--help").stdout
    words = "tier select ignore dry-run check adapted jobs format output operators allow-dirty"
    for word in f"{words} verbose quiet".split():
        assert f"--{word}" in told


@pytest.mark.parametrize("words", [["demo"], ["harness"], ["harness", "--golden"]])
def test_a_missing_dependency_of_the_harness_is_named(
    monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    def import_module(name: str) -> None:
        raise ModuleNotFoundError("No module named 'tenacity'", name="tenacity")

    monkeypatch.setattr(cli, "import_module", import_module)
    told = run(*words, status=2).stderr
    assert "No module named 'tenacity'" in told
    assert "pip install 'codemods[harness]'" in told


def test_the_harness_gives_its_verdict_as_status(monkeypatch: pytest.MonkeyPatch) -> None:
    class Golden:
        run_golden = staticmethod(lambda root, worlds, style: (worlds, style) == (7, "json"))

    monkeypatch.setattr(cli, "import_module", lambda name: Golden)
    run("harness", "--golden", "--seeds", "7", "--format", "json", status=1)
    run("harness", "--golden", "--seeds", "7")


def test_as_a_module(folder: Path) -> None:
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-m", "codemods", "apply", "--check"],
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, b"")
