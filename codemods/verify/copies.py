"""The user's tree, copied as it is. Nothing here writes to the original, nor to its repository."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from codemods.results import Change

# What tools keep for themselves; a copy of it would be large, wrong, or both.
_LEFT_OUT = frozenset(
    {".git", ".mypy_cache", ".nox", ".ruff_cache", ".tox", "__pycache__", "node_modules"}
)
_PATIENCE = 60.0
_ENVIRONMENT_MARKS = ("pyvenv.cfg", "conda-meta")


class CopyError(Exception):
    """The tree cannot be copied, or is no longer as it was when its rewrite was computed."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The tree as it was at one moment, in a place where nothing runs.

    Uncommitted files and ignored ones are in it. Not in it: virtual environments, the caches of
    tools, and what is neither file, folder nor link. It is a repository of its own at the same
    commit, for programs that ask git for their version, say.
    """

    root: Path
    """The user's tree."""
    place: Path
    """The copy."""
    files: int
    unreadable: tuple[str, ...] = ()
    """What could not be copied."""

    def holds(self, path: str | Path) -> bool:
        """Whether an absolute path lies in the user's tree and was copied."""
        relative = relative_to(path, self.root)
        return relative is not None and os.path.lexists(self.place / relative)


def tree_root(cwd: Path, home: Path) -> Path:
    """What has to be copied: the repository around ``cwd``, or at least the config's folder."""
    above = (cwd, *cwd.parents)
    top = next((folder for folder in above if (folder / ".git").exists()), home)
    return home if home in top.parents else top


def relative_to(path: str | Path, root: Path) -> str | None:
    """The way from ``root`` to an absolute path below it, else None."""
    relative = os.path.relpath(path, root)
    return None if relative.split(os.sep)[0] == os.pardir else relative


def snapshot(root: Path, place: Path) -> Snapshot:
    """Copy the tree at ``root`` to ``place``, which is new.

    Raises:
        CopyError: it cannot be written.
    """
    unreadable: list[str] = []
    files = 0
    for path, relative in _walk(root, place, unreadable):
        target = place / relative
        try:
            _copy(path, target, root)
            files += 1
        except PermissionError:
            unreadable.append(relative)
        except FileNotFoundError:
            pass  # it went away while we were looking: a temporary file of some program
        except OSError as error:
            raise CopyError(f"cannot copy {path}: {error.strerror or error}") from error
    if (root / ".git").exists():
        _own_repository(root, place)
    return Snapshot(root, place, files, tuple(unreadable))


def _own_repository(root: Path, place: Path) -> None:
    """A repository that borrows the objects of the user's one, and cannot push to it.

    Without it the copy would do as well, nearly always: no error is one here.
    """
    clone = place.with_name("clone")
    quiet = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    cloning = ("clone", "--shared", "--no-checkout", "--single-branch", str(root), str(clone))
    inside = ("-C", str(clone))
    try:
        for words in (cloning, (*inside, "remote", "remove", "origin"), (*inside, "reset")):
            command = ("git", *words)
            subprocess.run(command, env=quiet, check=True, capture_output=True, timeout=_PATIENCE)
    except (OSError, subprocess.SubprocessError):
        return
    shutil.move(clone / ".git", place / ".git")


def lay_out(taken: Snapshot, place: Path, changes: Sequence[Change]) -> None:
    """A fresh copy of the snapshot at ``place``, with the changes made in it.

    Raises:
        CopyError: a change does not fit the copy, or leads out of it.
    """
    remove(place)
    shutil.copytree(taken.place, place, symlinks=True)
    for change, target in zip(changes, check(taken, place, changes), strict=True):
        target.write_bytes(change.after)


def check(taken: Snapshot, place: Path, changes: Sequence[Change]) -> list[Path]:
    """Where the changes belong in the copy at ``place``.

    Raises:
        CopyError: a change does not fit the copy, or leads out of it.
    """
    targets = []
    inside = os.path.realpath(place) + os.sep
    for change in changes:
        relative = relative_to(change.path, taken.root)
        target = Path(os.path.realpath(place / (relative or os.pardir)))
        if not str(target).startswith(inside):
            raise CopyError(f"{change.name} lies outside of {taken.root}, which is what is copied")
        found = target.read_bytes() if target.exists() else None
        if found != change.before:
            raise CopyError(f"{change.name} has changed since; run it again")
        targets.append(target)
    return targets


def remove(place: Path) -> None:
    """Remove a folder with all that is in it, also what forbids it."""

    def allow(remove: Callable[[str], object], path: str, error: object) -> None:
        with suppress(OSError):
            os.chmod(os.path.dirname(path), stat.S_IRWXU)
            os.chmod(path, stat.S_IRWXU)
            remove(path)

    if place.exists():
        shutil.rmtree(place, onerror=allow)
        shutil.rmtree(place, ignore_errors=True)


def _walk(root: Path, place: Path, unreadable: list[str]) -> Iterator[tuple[Path, str]]:
    """Each file and link with its way from ``root``; the folders are made on the way."""
    pending = [""]
    while pending:
        relative = pending.pop()
        try:
            with os.scandir(root / relative) as found:
                entries = list(found)
        except OSError:
            unreadable.append(relative)
            continue
        if relative and any(entry.name in _ENVIRONMENT_MARKS for entry in entries):
            continue
        (place / relative).mkdir(parents=True, exist_ok=True)
        for entry in entries:
            below = os.path.join(relative, entry.name)
            if entry.name in _LEFT_OUT or Path(entry.path) == place.parent:
                continue
            if entry.is_dir(follow_symlinks=False):
                pending.append(below)
            elif entry.is_symlink() or entry.is_file(follow_symlinks=False):
                yield Path(entry.path), below


def _copy(path: Path, target: Path, root: Path) -> None:
    if path.is_symlink():
        os.symlink(_pointing(path, root), target)
    else:
        shutil.copy2(path, target)


def _pointing(link: Path, root: Path) -> str:
    """Where the copy of a link points: inside the copy if the original stays inside the tree."""
    to = os.readlink(link)
    absolute = os.path.normpath(link.parent / to)
    if relative_to(absolute, root) is None:
        return absolute
    return os.path.relpath(absolute, link.parent)
