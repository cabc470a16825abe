"""From what the user points at to the files that are looked at."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from codemods.config import Config
from codemods.discover import Skipped, discover
from codemods.results import FileError, Passed
from codemods.runner import Task
from codemods.vendor import checked, place
from codemods.workspace import relative_name


@dataclass(frozen=True, slots=True)
class Found:
    """The files to look at, sorted by path, and what is left out."""

    tasks: tuple[Task, ...]
    passed: tuple[Passed, ...] = ()
    errors: tuple[FileError, ...] = ()


def find_tasks(
    paths: Sequence[Path], config: Config, cwd: Path, operators: str | None = None
) -> Found:
    """The files below ``paths`` (else the configured paths, else ``cwd``).

    ``operators`` is the module that the user names for the operators, if any.

    Raises:
        MissingPathError: a path is not there.
        PlacementError: ``operators`` is not a module's name.
    """
    if operators is not None:
        checked(operators)
    found = discover(paths or config.paths or [cwd], config.exclude, config.home)
    named = frozenset(os.path.abspath(path) for path in paths)
    folders: dict[str, _Folder] = {}
    tasks: list[Task] = []
    for path in found.files:
        # On strings: with paths, this takes as long as finding the files.
        whole = str(path)
        parent, _, last = whole.rpartition(os.sep)
        folder = folders.get(parent)
        if folder is None:
            folder = folders[parent] = _folder(path, cwd, operators)
        tier = config.tier_of(path) if config.tiers else None
        name = folder.prefix + last
        tasks.append(Task(path, name, folder.operators_module, tier, whole in named))
    return Found(
        tuple(tasks),
        tuple(_passed(one, cwd) for one in found.skipped if one.reason != "unreadable"),
        tuple(_unreadable(one, cwd) for one in found.skipped if one.reason == "unreadable"),
    )


@dataclass(frozen=True, slots=True)
class _Folder:
    """What all files of a folder have in common."""

    prefix: str
    """What reports put in front of their names."""
    operators_module: str


def _folder(file: Path, cwd: Path, operators: str | None) -> _Folder:
    prefix = relative_name(file, cwd).removesuffix(file.name)
    return _Folder(prefix, operators or place(file, None, cwd).module)


def _passed(skipped: Skipped, cwd: Path) -> Passed:
    return Passed(relative_name(skipped.path, cwd), skipped.reason)


def _unreadable(skipped: Skipped, cwd: Path) -> FileError:
    return FileError(
        relative_name(skipped.path, cwd), "permission-denied", "the folder cannot be listed"
    )
