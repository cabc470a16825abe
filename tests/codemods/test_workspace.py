"""Files are replaced whole or not at all, and git has its say."""

from __future__ import annotations

import errno
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from codemods import workspace
from codemods.results import Change
from codemods.workspace import interrupts_deferred, relative_name, replace, uncommitted, write_all


def change_of(path: Path, after: bytes) -> Change:
    before = path.read_bytes() if path.exists() else None
    return Change(path, path.name, before, after)


def never() -> bool:
    return False


# --- replacing ---------------------------------------------------------------------------


def test_replaces_and_keeps_the_mode(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"old\r\n")
    path.chmod(0o751)
    replace(change_of(path, b"new\r\n"))
    assert path.read_bytes() == b"new\r\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o751
    assert os.listdir(tmp_path) == ["a.py"]


def test_keeps_the_owner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"old")
    asked: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "chown", lambda target, uid, gid: asked.append((uid, gid)))
    existing = path.stat()
    other = os.stat_result((*existing[:4], existing.st_uid + 1, existing.st_gid + 2, *existing[6:]))
    workspace._take_over(path, path, other)
    assert asked == [(existing.st_uid + 1, existing.st_gid + 2)]


def test_keeps_the_group_where_the_owner_cannot_be_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"old")
    asked: list[tuple[int, int]] = []

    def chown(target: Path, uid: int, gid: int) -> None:
        asked.append((uid, gid))
        if uid != -1:
            raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "chown", chown)
    existing = path.stat()
    other = os.stat_result((*existing[:4], 4321, 1234, *existing[6:]))
    workspace._take_over(path, path, other)
    assert asked == [(4321, 1234), (-1, 1234)]


@pytest.mark.skipif(sys.platform != "linux", reason="no such attributes")
def test_keeps_extended_attributes(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"old")
    try:
        os.setxattr(path, "user.note", b"mine")
    except OSError:
        pytest.skip("this file system has no attributes")
    replace(change_of(path, b"new"))
    assert os.getxattr(path, "user.note") == b"mine"


def test_the_new_name_is_on_the_disk_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"old")
    synced: list[tuple[str, bytes]] = []
    monkeypatch.setattr(
        os, "fsync", lambda handle: synced.append((kind_of(handle), path.read_bytes()))
    )
    replace(change_of(path, b"new"))
    assert synced == [("file", b"old"), ("folder", b"new")]


def kind_of(handle: int) -> str:
    return "folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file"


def test_a_new_file_gets_the_usual_mode(tmp_path: Path) -> None:
    path = tmp_path / "new.py"
    mask = os.umask(0o027)
    try:
        replace(change_of(path, b"new"))
    finally:
        os.umask(mask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_link_stays_and_its_target_is_replaced(tmp_path: Path) -> None:
    target = tmp_path / "real" / "a.py"
    target.parent.mkdir()
    target.write_bytes(b"old")
    link = tmp_path / "link.py"
    link.symlink_to(target)
    replace(change_of(link, b"new"))
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    assert os.listdir(tmp_path / "real") == ["a.py"]


def test_other_hard_links_keep_the_old_bytes(tmp_path: Path) -> None:
    path, twin = tmp_path / "a.py", tmp_path / "twin.py"
    path.write_bytes(b"old")
    os.link(path, twin)
    replace(change_of(path, b"new"))
    assert (path.read_bytes(), twin.read_bytes()) == (b"new", b"old")


def full_disk(*args: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_full_disk_leaves_the_file_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, step, full_disk)
    written = write_all([change_of(path, b"new")], never)
    assert written.done == ()
    [(_, error)] = written.failed
    assert (error.kind, error.message) == ("write-error", "No space left on device")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.py"]


def test_a_file_that_changed_meanwhile_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"old")
    change = change_of(path, b"new")
    path.write_bytes(b"the user's")
    [(_, error)] = write_all([change], never).failed
    assert error.kind == "write-error"
    assert "changed on the disk" in error.message
    assert path.read_bytes() == b"the user's"


def test_a_new_file_never_covers_one_that_appeared(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    change = change_of(path, b"new")
    path.write_bytes(b"the user's")
    [(_, error)] = write_all([change], never).failed
    assert error.kind == "write-error"
    assert path.read_bytes() == b"the user's"
    assert os.listdir(tmp_path) == ["a.py"]


def test_a_read_only_file_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, "access", lambda target, mode: False)  # root may write everywhere
    [(_, error)] = write_all([change_of(path, b"new")], never).failed
    assert error.kind == "permission-denied"
    assert path.read_bytes() == b"old"


def test_a_file_that_went_away_is_not_made_again(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"old")
    change = change_of(path, b"new")
    path.unlink()
    [(_, error)] = write_all([change], never).failed
    assert error.kind == "not-found"
    assert os.listdir(tmp_path) == []


# --- interrupting ------------------------------------------------------------------------


def three(tmp_path: Path) -> list[Change]:
    paths = [tmp_path / name for name in ("a.py", "b.py", "c.py")]
    for path in paths:
        path.write_bytes(b"old")
    return [change_of(path, b"new") for path in paths]


def contents(tmp_path: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(tmp_path.iterdir())}


def test_ctrl_c_waits_for_the_file_at_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    changes = three(tmp_path)
    stock = os.fsync
    files = iter(range(3))

    def fsync(descriptor: int) -> None:
        if stat.S_ISREG(os.fstat(descriptor).st_mode) and next(files) == 1:
            os.kill(os.getpid(), signal.SIGINT)
        stock(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    with interrupts_deferred() as interrupted:
        written = write_all(changes, interrupted)
    assert [change.name for change in written.done] == ["a.py", "b.py"]
    assert [change.name for change in written.left] == ["c.py"]
    assert contents(tmp_path) == {"a.py": b"new", "b.py": b"new", "c.py": b"old"}
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def before_it(stock: Callable[..., None], *args: Path) -> None:
    raise KeyboardInterrupt


def behind_it(stock: Callable[..., None], *args: Path) -> None:
    stock(*args)
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("when", "done"),
    [(before_it, ["a.py"]), (behind_it, ["a.py", "b.py"])],
    ids=["before", "behind"],
)
def test_an_interrupt_around_the_replacement_is_told_right(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    when: Callable[..., None],
    done: list[str],
) -> None:
    changes = three(tmp_path)
    stock = os.replace

    def second(source: Path, target: Path) -> None:
        if target.name == "b.py":
            when(stock, source, target)
        stock(source, target)

    monkeypatch.setattr(os, "replace", second)
    written = write_all(changes, never)
    names = [change.name for change in changes]
    assert [change.name for change in written.done] == done
    assert [change.name for change in written.left] == names[len(done) :]
    assert contents(tmp_path) == {name: b"new" if name in done else b"old" for name in names}


# --- git ---------------------------------------------------------------------------------


def git(folder: Path, *words: str) -> None:
    identity = ["-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with a committed ``a.py``, ``b c.py`` and ``sub/é.py``."""
    git(tmp_path, "init", "-q")
    (tmp_path / "sub").mkdir()
    for name in ("a.py", "b c.py", "sub/é.py"):
        (tmp_path / name).write_text("x = 1\n")
    (tmp_path / ".gitignore").write_text("ignored.py\n")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "begin")
    return tmp_path


def test_committed_files_are_free(repository: Path) -> None:
    assert uncommitted([repository / "a.py", repository / "sub" / "é.py"]) == {}


@pytest.mark.parametrize("name", ["a.py", "b c.py", "sub/é.py"])
def test_a_changed_file_is_not(repository: Path, name: str) -> None:
    path = repository / name
    path.write_text("x = 2\n")
    assert uncommitted([path, repository / "a.py"])[path] == "uncommitted changes"


def test_a_staged_file_is_not(repository: Path) -> None:
    path = repository / "a.py"
    path.write_text("x = 2\n")
    git(repository, "add", "a.py")
    assert path in uncommitted([path])


def test_an_untracked_file_is_not(repository: Path) -> None:
    path = repository / "new" / "d.py"
    path.parent.mkdir()
    path.write_text("x = 1\n")
    assert uncommitted([path]) == {path: "not under git's control yet"}


def test_a_renamed_file_does_not_confuse_the_others(repository: Path) -> None:
    git(repository, "mv", "a.py", "z.py")
    paths = [repository / name for name in ("b c.py", "z.py", "sub/é.py")]
    assert set(uncommitted(paths)) == {repository / "z.py"}


@pytest.mark.parametrize("bit", ["assume-unchanged", "skip-worktree"])
@pytest.mark.parametrize("name", ["a.py", "sub/\u00e9.py"])
def test_a_file_that_git_does_not_look_at(repository: Path, bit: str, name: str) -> None:
    git(repository, "update-index", f"--{bit}", name)
    (repository / name).write_text("mine\n")
    found = uncommitted([repository / "a.py", repository / "sub" / "\u00e9.py"])
    assert list(found) == [repository / name]
    assert bit in found[repository / name]


def test_an_ignored_file_is_the_users_own_business(repository: Path) -> None:
    path = repository / "ignored.py"
    path.write_text("x = 1\n")
    assert uncommitted([path]) == {}


def test_outside_a_repository_nothing_is_asked(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    assert uncommitted([tmp_path / "a.py"]) == {}


def test_each_repository_is_asked_about_its_own(repository: Path) -> None:
    inner = repository / "ignored.py"  # a folder this time
    inner.mkdir()
    git(inner, "init", "-q")
    (inner / "a.py").write_text("x = 1\n")
    paths = [inner / "a.py", repository / "a.py"]
    assert set(uncommitted(paths)) == {inner / "a.py"}


def test_the_way_through_a_link_does_not_matter(
    repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    door = tmp_path_factory.mktemp("door") / "link"
    door.symlink_to(repository)
    (repository / "a.py").write_text("x = 2\n")
    assert set(uncommitted([door / "a.py", door / "b c.py"])) == {door / "a.py"}


def test_git_hooks_variables_do_not_lead_astray(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    monkeypatch.setenv("GIT_INDEX_FILE", "/nowhere/index")
    assert uncommitted([repository / "a.py"]) == {}


def test_a_repository_that_git_cannot_read_counts_as_changed(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    path = tmp_path / "a.py"
    path.write_text("x = 1\n")
    assert "cannot ask git" in uncommitted([path])[path]


def test_a_repository_without_git_counts_as_changed(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    assert "cannot ask git" in uncommitted([repository / "a.py"])[repository / "a.py"]


def test_names_go_from_the_working_directory() -> None:
    assert relative_name(Path("/a/b/c.py"), Path("/a")) == "b/c.py"
    assert relative_name(Path("/a/b/c.py"), Path("/a/d")) == "../b/c.py"
