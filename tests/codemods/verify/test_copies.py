"""Copies hold what the tree holds, and nothing that is done to them reaches it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from codemods.results import Change
from codemods.verify.copies import CopyError, lay_out, remove, snapshot, tree_root


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "proj"
    for name in (
        "pkg/mod.py",
        "pkg/_version.py",
        ".gitignore",
        ".git/HEAD",
        ".venv/pyvenv.cfg",
        ".venv/lib/mod.py",
        "pkg/__pycache__/mod.pyc",
        ".tox/py/mod.py",
    ):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    (root / ".gitignore").write_text("_version.py\n")
    (root / "run.sh").write_text("true")
    (root / "run.sh").chmod(0o755)
    (root / "relative").symlink_to("pkg")
    (root / "absolute").symlink_to(root / "pkg" / "mod.py")
    (root / "outside").symlink_to("../elsewhere")
    return root


def _names(folder: Path) -> set[str]:
    return {
        os.path.relpath(os.path.join(where, name), folder)
        for where, folders, files in os.walk(folder)
        for name in (*folders, *files)
    }


def test_ignored_files_are_copied_and_what_tools_keep_is_not(root: Path, tmp_path: Path) -> None:
    taken = snapshot(root, tmp_path / "scratch" / "tree")
    assert _names(taken.place) == {
        "pkg",
        "pkg/mod.py",
        "pkg/_version.py",
        ".gitignore",
        "run.sh",
        "relative",
        "absolute",
        "outside",
    }
    assert os.access(taken.place / "run.sh", os.X_OK)
    assert taken.unreadable == ()


def test_links_lead_into_the_copy_wherever_it_is_laid_out(root: Path, tmp_path: Path) -> None:
    taken = snapshot(root, tmp_path / "scratch" / "tree")
    place = tmp_path / "run"
    lay_out(taken, place, [])
    for name in ("relative/mod.py", "absolute"):
        assert (place / name).resolve() == (place / "pkg" / "mod.py").resolve()
    assert os.readlink(place / "outside") == str(tmp_path / "elsewhere")


def test_changes_are_made_in_the_copy_only(root: Path, tmp_path: Path) -> None:
    taken = snapshot(root, tmp_path / "scratch" / "tree")
    place = tmp_path / "run"
    changes = [
        Change(root / "absolute", "absolute", b"pkg/mod.py", b"new"),
        Change(root / "pkg" / "_operators.py", "pkg/_operators.py", None, b"operators"),
    ]
    lay_out(taken, place, changes)
    assert (place / "pkg/mod.py").read_bytes() == b"new"
    assert (place / "pkg/_operators.py").read_bytes() == b"operators"
    assert (root / "pkg/mod.py").read_bytes() == b"pkg/mod.py"
    (place / "rubbish").touch()
    lay_out(taken, place, [])
    assert _names(place) == _names(taken.place)
    assert (place / "pkg/mod.py").read_bytes() == b"pkg/mod.py"


@pytest.mark.parametrize(
    ("name", "before"),
    [("pkg/mod.py", b"older"), ("pkg/mod.py", None), ("outside", None), ("../x.py", None)],
)
def test_a_change_that_does_not_fit_is_an_error(
    root: Path, tmp_path: Path, name: str, before: bytes | None
) -> None:
    taken = snapshot(root, tmp_path / "scratch" / "tree")
    with pytest.raises(CopyError, match=r"changed since|lies outside"):
        lay_out(taken, tmp_path / "run", [Change(root / name, name, before, b"new")])
    assert not (tmp_path / "elsewhere").exists()
    assert not (tmp_path / "x.py").exists()


def test_the_copy_is_a_repository_that_cannot_reach_the_original(tmp_path: Path) -> None:
    root = tmp_path / "proj"
    root.mkdir()
    (root / "a.py").write_text("a")

    def git(folder: Path, *words: str) -> str:
        own = ("git", "-C", str(folder), "-c", "user.name=t", "-c", "user.email=t@example.org")
        done = subprocess.run([*own, *words], check=True, capture_output=True, text=True)
        return done.stdout.strip()

    git(root, "init", "--quiet", "-b", "trunk")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "-m", "one")
    git(root, "tag", "v1")
    (root / "b.py").write_text("b")
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    taken = snapshot(root, tmp_path / "scratch" / "tree")
    place = tmp_path / "run"
    lay_out(taken, place, [])
    assert git(place, "describe", "--tags", "--always") == "v1"
    assert git(place, "branch", "--show-current") == "trunk"
    assert git(place, "status", "--porcelain") == "?? b.py"
    assert git(place, "remote") == ""
    git(place, "add", ".")
    git(place, "commit", "--quiet", "-m", "two")
    after = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    assert after == before


def test_a_copy_may_lie_in_the_tree(root: Path) -> None:
    taken = snapshot(root, root / "scratch" / "tree")
    assert not (taken.place / "scratch").exists()


def test_the_tree_is_the_repository_or_the_folder_of_the_settings(tmp_path: Path) -> None:
    inner = tmp_path / "repo" / "services" / "shop"
    inner.mkdir(parents=True)
    assert tree_root(inner, inner.parent) == inner.parent
    (tmp_path / "repo" / ".git").touch()  # a worktree's is a file
    assert tree_root(inner, inner.parent) == tmp_path / "repo"
    assert tree_root(inner, tmp_path) == tmp_path


def test_a_folder_that_forbids_it_is_removed(tmp_path: Path) -> None:
    locked = tmp_path / "run" / "locked"
    locked.mkdir(parents=True)
    (locked / "file").touch()
    locked.chmod(0o500)
    remove(tmp_path / "run")
    assert not (tmp_path / "run").exists()
