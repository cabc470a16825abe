"""From what the user points at to the files that are looked at."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
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
    named = frozenset(Path(os.path.abspath(path)) for path in paths)
    return Found(
        tuple(
            replace(_task(path, config, cwd, operators), named=path in named)
            for path in found.files
        ),
        tuple(_passed(one, cwd) for one in found.skipped if one.reason != "unreadable"),
        tuple(_unreadable(one, cwd) for one in found.skipped if one.reason == "unreadable"),
    )


def _task(path: Path, config: Config, cwd: Path, operators: str | None) -> Task:
    module = place(path, None, cwd).module if operators is None else operators
    return Task(path, relative_name(path, cwd), module, config.tier_of(path))


def _passed(skipped: Skipped, cwd: Path) -> Passed:
    return Passed(relative_name(skipped.path, cwd), skipped.reason)


def _unreadable(skipped: Skipped, cwd: Path) -> FileError:
    return FileError(
        relative_name(skipped.path, cwd), "permission-denied", "the folder cannot be listed"
    )
