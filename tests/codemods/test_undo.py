"""A run can be taken back, finished or not, and nobody's later work is lost by it."""

from __future__ import annotations

import os
import socket
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from codemods import journal, workspace
from codemods.cli import main
from codemods.journal import Journal, JournalError, default_folder, digest, project_of
from codemods.results import Change
from codemods.undo import sweep, undo
from codemods.workspace import temporary_of

NAP = b"import asyncio\r\n\r\n\r\nasync def nap():\r\n    await asyncio.sleep(1)"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory: two files that change, and one that does not."""
    (tmp_path / "a.py").write_bytes(NAP)
    (tmp_path / "b.py").write_bytes(b"\xef\xbb\xbf" + NAP)
    (tmp_path / "dull.py").write_bytes(b"import os\n")
    (tmp_path / "a.py").chmod(0o750)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*words: str, status: int = 0) -> Result:
    result = CliRunner().invoke(main, words, prog_name="codemods")
    assert result.exit_code == status, result.output
    return result


def state(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {
        os.fspath(path.relative_to(folder)): (path.read_bytes(), stat.S_IMODE(path.stat().st_mode))
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def open_journal() -> Journal:
    return Journal(default_folder())


# --- what is taken back ------------------------------------------------------------------


def test_a_finished_run(folder: Path) -> None:
    before = state(folder)
    run("apply")
    assert state(folder) != before
    result = run("undo")
    assert state(folder) == before
    assert "taken back: 3 files are as they were" in result.stdout


def test_an_older_module_comes_back_as_it_was(folder: Path) -> None:
    older = b"# Vendored by codemods 0.0.1, sha256 " + digest(b"x = 1\n").encode() + b"\nx = 1\n"
    (folder / "_operators.py").write_bytes(older)
    before = state(folder)
    run("apply")
    assert state(folder)["_operators.py"] != before["_operators.py"]
    run("undo")
    assert state(folder) == before


def test_from_another_folder_of_the_project(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "pyproject.toml").touch()
    (folder / "sub").mkdir()
    before = state(folder)
    run("apply")
    monkeypatch.chdir(folder / "sub")
    assert "../a.py" not in run("undo").stderr
    assert state(folder) == before


def test_a_file_behind_a_link(folder: Path) -> None:
    (folder / "real").mkdir()
    (folder / "a.py").rename(folder / "real" / "a.py")
    (folder / "a.py").symlink_to("real/a.py")
    before = state(folder)
    run("apply")
    run("undo")
    assert state(folder) == before
    assert (folder / "a.py").is_symlink()


def test_one_run_after_the_other(folder: Path) -> None:
    first = state(folder)
    run("apply", "a.py")
    second = state(folder)
    run("apply")
    run("undo")
    assert state(folder) == second
    run("undo")
    assert state(folder) == first
    assert "no run in" in run("undo", status=2).stderr


def test_the_named_run(folder: Path) -> None:
    run("apply", "a.py")
    run("apply", "b.py")
    assert "did not" not in run("undo", "2").stdout
    run("undo", "1")
    assert "already" in run("undo", "1", status=2).stderr
    assert "no run 7" in run("undo", "7", status=2).stderr


def test_another_projects_run_is_left_alone(
    folder: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("apply")
    after = state(folder)
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    monkeypatch.chdir(elsewhere)
    assert "no run in" in run("undo", status=2).stderr
    assert state(folder) == after
    assert run("undo", "--list").stdout == "no runs\n"
    assert str(folder) in run("undo", "--list", "--all").stdout


# --- edited since ------------------------------------------------------------------------


def test_an_edited_file_keeps_all_as_it_is(folder: Path) -> None:
    run("apply")
    with (folder / "b.py").open("ab") as file:
        file.write(b"# mine\n")
    after = state(folder)
    result = run("undo", status=3)
    assert state(folder) == after
    assert "b.py: edited-since: it was edited after the run" in result.stderr
    assert "  a.py" in result.stdout


def test_the_others_are_taken_back_on_demand(folder: Path) -> None:
    before = state(folder)
    run("apply")
    (folder / "b.py").write_bytes(b"# mine\n")
    run("undo", "--skip-edited", status=3)
    now = state(folder)
    assert now["a.py"] == before["a.py"]
    assert now["b.py"][0] == b"# mine\n"
    assert "_operators.py" in now  # the edited file may still import it


def test_a_file_that_is_gone_counts_as_edited(folder: Path) -> None:
    run("apply")
    (folder / "b.py").unlink()
    assert "b.py: edited-since: it is gone" in run("undo", status=3).stderr


def test_an_edited_module_is_kept(folder: Path) -> None:
    run("apply")
    with (folder / "_operators.py").open("ab") as file:
        file.write(b"# mine\n")
    after = state(folder)
    run("undo", status=3)
    assert state(folder) == after


def test_a_later_run_is_named(folder: Path) -> None:
    (folder / "a.py").write_bytes(NAP + b"\r\n\r\nasync def rest():\r\n    await asyncio.sleep(2)")
    (folder / "a.py").write_bytes((folder / "a.py").read_bytes() + b"  # codemods: skip")
    run("apply", "a.py")
    data = (folder / "a.py").read_bytes().replace(b"  # codemods: skip", b"")
    (folder / "a.py").write_bytes(data)
    run("apply", "a.py")
    assert "run 2 rewrote it; undo that one first" in run("undo", "1", status=3).stderr


# --- interrupted -------------------------------------------------------------------------


def killed(folder: Path, number: int) -> None:
    """`apply`, killed when it is about to replace file ``number``."""
    program = (
        "import itertools, os, signal\n"
        "from codemods import workspace\n"
        "from codemods.cli import main\n"
        "stock, count = os.replace, itertools.count()\n"
        "def replace(source, target):\n"
        f"    if next(count) == {number}:\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "    stock(source, target)\n"
        "workspace.os.replace = replace\n"
        "main(['apply'])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=folder, check=False)
    assert done.returncode == -9


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_killed_run(folder: Path, number: int) -> None:
    before = state(folder)
    killed(folder, number)
    assert any(name.startswith(".codemods-") for name in state(folder))
    assert "interrupted" in run("undo", "--list").stdout
    result = run("undo")
    assert state(folder) == before
    assert f"{number} files are as they were ({3 - number} were already)" in result.stdout


def test_the_next_run_sweeps_up(folder: Path) -> None:
    killed(folder, 1)
    run("apply")
    assert not [name for name in state(folder) if name.startswith(".codemods-")]


def test_an_interrupted_undo_goes_on(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = state(folder)
    run("apply")
    stock = os.replace
    monkeypatch.setattr(workspace.os, "replace", lambda *names: stock(*names) or interrupt())
    assert "in part: 1 of 3" in run("undo", status=130).stdout
    monkeypatch.setattr(workspace.os, "replace", stock)
    run("undo")
    assert state(folder) == before


def interrupt() -> None:
    raise KeyboardInterrupt


def test_a_run_at_work_is_left_alone(folder: Path) -> None:
    change = Change(folder / "a.py", "a.py", NAP, b"x")
    open_journal().begin(project_of(folder), [change])
    assert "still at work" in run("undo", status=2).stderr


# --- the journal -------------------------------------------------------------------------


def test_looking_leaves_no_trace(folder: Path) -> None:
    run("apply", "--dry-run")
    run("apply", "--check", status=1)
    run("apply", "dull.py")
    assert open_journal().runs() == []


def test_no_journal(folder: Path) -> None:
    run("apply", "--no-journal")
    assert open_journal().runs() == []


def test_a_file_that_could_not_be_written_is_no_part_of_the_run(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stock = os.replace

    def replace(source: Path, target: Path) -> None:
        if target.name == "b.py":
            raise OSError(28, "No space left on device")
        stock(source, target)

    monkeypatch.setattr(workspace.os, "replace", replace)
    run("apply", status=3)
    [only] = open_journal().runs()
    names = [entry.path.name for entry in open_journal().entries(only)]
    assert names == ["_operators.py", "a.py"]
    assert only.state == "finished"


def test_no_file_is_touched_without_a_journal(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(folder / "file"))
    before = state(folder)
    result = run("apply", status=2)
    assert state(folder) == before
    assert "cannot use the journal" in result.stderr
    assert "--no-journal" in result.stderr


def test_a_user_without_a_home(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    before = state(folder)
    assert "no folder for the journal" in run("apply", status=2).stderr
    assert state(folder) == before
    assert not (folder / "~").exists()
    run("apply", "--check", status=1)
    run("apply", "--no-journal")


def test_a_broken_store_is_told(folder: Path) -> None:
    default_folder().mkdir(parents=True)
    (default_folder() / "journal.sqlite3").write_bytes(b"no database" * 100)
    assert "cannot use the journal" in run("undo", status=2).stderr


def test_a_store_of_another_version_is_left_alone(folder: Path) -> None:
    run("apply")
    store = sqlite3.connect(default_folder() / "journal.sqlite3")
    store.execute("PRAGMA user_version = 99")
    store.close()
    with pytest.raises(JournalError, match="another version"):
        open_journal().runs()


def test_old_runs_are_forgotten(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "KEPT_RUNS", 3)
    change = Change(folder / "a.py", "a.py", NAP, b"x")
    for _ in range(5):
        open_journal().begin(folder, [change])
    assert [one.number for one in open_journal().runs()] == [5, 4, 3]
    monkeypatch.setattr(journal.time, "time", lambda: 31 * 86400 + open_journal().runs()[0].started)
    open_journal().begin(folder, [change])
    assert [one.number for one in open_journal().runs()] == [6]
    store = sqlite3.connect(default_folder() / "journal.sqlite3")
    assert store.execute("SELECT DISTINCT run FROM file").fetchall() == [(6,)]
    store.close()


def test_the_copies_are_for_the_users_eyes_only(folder: Path) -> None:
    run("apply")
    assert stat.S_IMODE(default_folder().stat().st_mode) == 0o700


def test_a_run_on_another_machine_may_be_at_work(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change = Change(folder / "a.py", "a.py", NAP, b"x")
    begun = open_journal().begin(folder, [change])
    monkeypatch.setattr(socket, "gethostname", lambda: "elsewhere")
    assert begun.running


def test_what_is_swept_is_the_runs_own(folder: Path) -> None:
    change = Change(folder / "a.py", "a.py", NAP, b"x")
    begun = open_journal().begin(folder, [change])
    own, other = temporary_of(folder / "a.py", begun.mark), temporary_of(folder / "a.py", "other")
    own.touch()
    other.touch()
    sweep(begun, open_journal().entries(begun))
    assert not own.exists()
    assert other.exists()


def test_names_need_not_be_unicode(folder: Path) -> None:
    odd = Path(os.fsdecode(b"\xff \n.py"))
    odd.write_bytes(NAP)
    before = state(folder)
    run("apply")
    [last] = open_journal().runs()
    assert undo(open_journal(), last, folder).errors == ()
    assert state(folder) == before


def test_the_project_of_a_folder(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    assert project_of(inner) == inner
    (tmp_path / "a" / "pyproject.toml").touch()
    assert project_of(inner) == tmp_path / "a"
    (tmp_path / ".git").mkdir()
    assert project_of(inner) == tmp_path
