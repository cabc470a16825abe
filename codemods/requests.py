"""From what the user chose on the command line, and in the settings, to one request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from codemods.apply import Request
from codemods.cache import Cache
from codemods.config import load
from codemods.journal import Journal
from codemods.selection import choose, codes
from codemods.tasks import find_tasks
from transforms.table import TABLE

_TABLE = tuple(TABLE.values())
ALL_TIERS = frozenset({1, 2, 3})


@dataclass(frozen=True, slots=True)
class Choice:
    """Which sites the user wants rewritten, and into what."""

    tiers: Sequence[int] = ()
    """Empty: all."""
    select: Sequence[str] = ()
    """Codes or names of rules; empty: all."""
    ignore: Sequence[str] = ()
    adapted: bool = False
    """Also the rewrites that change a behaviour they name."""
    operators: str | None = None
    """The module that the operators are vendored into."""


def request_for(
    paths: Sequence[Path],
    choice: Choice,
    cwd: Path,
    *,
    jobs: int | None,
    allow_dirty: bool,
    write: bool,
    journal: Journal | None = None,
    cache: Cache | None = None,
) -> Request:
    """The request, by the settings that hold in ``cwd``.

    Raises:
        ConfigError, MissingPathError, PlacementError, UnknownRuleError: the user's mistake.
    """
    from codemods.rewrite import Settings  # with libcst, which other commands need not wait for
    from transforms import RULES

    config = load(cwd)
    wanted = codes(config.adapted, _TABLE, f"{config.file}: tool.codemods.adapted: ")
    settings = Settings(
        rules=choose(RULES, codes(choice.select, _TABLE), codes(choice.ignore, _TABLE)),
        operators_module="",
        tiers=frozenset(choice.tiers) or ALL_TIERS,
        line_length=config.line_length,
        adapted=frozenset(TABLE) if choice.adapted else wanted,
    )
    module = choice.operators if choice.operators is not None else config.operators
    return Request(
        found=find_tasks(paths, config, cwd, module),
        settings=settings,
        operators=module,
        home=config.home,
        cwd=cwd,
        jobs=jobs,
        allow_dirty=allow_dirty,
        write=write,
        journal=journal,
        cache=cache,
        baseline=config.baseline,
    )
