"""From what the user points at to the files that are looked at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from codemods.config import Config
from codemods.discover import discover
from codemods.runner import Task
from codemods.vendor import checked, place
from codemods.workspace import relative_name


class PathsError(Exception):
    """There is nothing where the user points."""


def tasks_for(
    paths: Sequence[Path], config: Config, cwd: Path, operators: str | None
) -> tuple[Task, ...]:
    """The files below ``paths`` (else the configured paths, else ``cwd``), sorted by name.

    ``operators`` is the module that the user names for the operators, if any.

    Raises:
        PathsError: a path is not there.
    """
    raise NotImplementedError


def _task(path: Path, config: Config, cwd: Path, operators: str | None) -> Task:
    module = place(path, None, cwd).module if operators is None else checked(operators)
    return Task(path, relative_name(path, cwd), module, config.tier_of(path))


def _without_twins(paths: Iterable[Path]) -> list[Path]:
    """Each file once, under its own name rather than a link's."""
    own: dict[Path, Path] = {}
    for path in sorted(paths, key=lambda path: (path.is_symlink(), path)):
        own.setdefault(path.resolve(), path)
    return list(own.values())
