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
from codemods.vendor import Packages, checked
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
    packages = Packages()
    tasks: list[Task] = []
    # On strings: with paths, this takes as long as finding the files.
    for file in found.names:
        parent, _, last = file.rpartition(os.sep)
        folder = folders.get(parent)
        if folder is None:
            prefix = relative_name(Path(file), cwd).removesuffix(last)
            folder = _Folder(prefix, operators or packages.module(parent or os.sep))
            folders[parent] = folder
        tier = config.tier_of(Path(file)) if config.tiers else None
        name = folder.prefix + last
        tasks.append(Task(file, name, folder.operators_module, tier, file in named))
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


def _passed(skipped: Skipped, cwd: Path) -> Passed:
    return Passed(relative_name(skipped.path, cwd), skipped.reason)


def _unreadable(skipped: Skipped, cwd: Path) -> FileError:
    return FileError(
        relative_name(skipped.path, cwd), "permission-denied", "the folder cannot be listed"
    )
