"""The whole way of `inventory`: the primitives of many files, each with its tier and rule."""

from __future__ import annotations

from dataclasses import dataclass

from codemods.cache import Cache
from codemods.inventory import Entry
from codemods.memory import Memory
from codemods.results import FileError, Passed
from codemods.runner import Progress, Task, list_file, run
from codemods.tasks import Found
from transforms.rule import Primitive
from transforms.table import TABLE


@dataclass(frozen=True, slots=True)
class Row:
    """One primitive, and the code and name of the rule that would take it."""

    path: str
    primitive: Primitive
    tier: int
    code: str
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """All primitives, by path and position."""

    examined: int
    rows: tuple[Row, ...]
    errors: tuple[FileError, ...]
    passed: tuple[Passed, ...] = ()


def list_all(
    found: Found,
    tiers: frozenset[int],
    jobs: int | None = None,
    progress: Progress = lambda done: None,
    cache: Cache | None = None,
) -> Listing:
    """The primitives of the files that were found; ``tiers`` are the tiers that are asked for."""
    rows: list[Row] = []
    examined = len(found.tasks)
    errors = list(found.errors)
    memory = Memory.of(cache, "primitives", "inventory")
    results = run(list_file, found.tasks, jobs, progress, memory=memory)
    for task, result in zip(found.tasks, results, strict=True):
        if isinstance(result, FileError):
            errors.append(result)
        elif isinstance(result, Passed):
            examined -= 1
        elif result is not None:
            rows += (_row(task, entry) for entry in result)
    wanted = [row for row in rows if row.tier in tiers]
    wanted.sort(key=lambda row: (row.path, row.primitive))
    return Listing(
        examined=examined,
        rows=tuple(wanted),
        errors=tuple(sorted(errors)),
        passed=found.passed,
    )


def _row(task: Task, entry: Entry) -> Row:
    rule = TABLE[entry.rule_code]
    return Row(task.name, entry.primitive, task.tier or rule.tier, rule.code, rule.name)
