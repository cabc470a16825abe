"""Source text and rules in, a ``FileResult`` out. Pure: no disk, no clock, no globals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from transforms.rule import Outcome, Primitive, Rule


@dataclass(frozen=True, slots=True)
class SiteResult:
    """How one primitive ended. One entry a primitive, in source order."""

    primitive: Primitive
    code: str
    name: str
    tier: int
    outcome: Outcome
    exact: bool
    reason: str | None = None
    detail: str | None = None
    hint: str | None = None
    parameters: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class FileResult:
    """What became of one file. ``after == before`` when nothing was rewritten."""

    path: str
    before: str
    after: str
    sites: tuple[SiteResult, ...] = ()
    operators: frozenset[str] = frozenset()
    """Names the rewritten file takes from the vendored operators module."""

    @property
    def changed(self) -> bool:
        return self.after != self.before


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the rewrite of one file depends on, besides its text."""

    rules: Sequence[Rule]
    """The selected rules, in registry order."""
    operators_module: str
    """Dotted name the rewritten file imports the vendored operators from."""
    path_tier: int | None = None
    """The tier that the config gives to the file's path; None: each rule's own tier counts."""
    tiers: frozenset[int] = frozenset({1, 2, 3})
    """Tiers asked for (``--tier``). Sites of other tiers are left out of the result."""
    line_length: int = 88
    adapted: frozenset[str] = frozenset()


class SourceError(Exception):
    """The text cannot be parsed. ``line`` counts from 1."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


def rewrite(text: str, path: str, settings: Settings) -> FileResult:
    """Rewrite one file's text.

    Args:
        text: the decoded source, line endings as they are in the file.
        path: how the file is called in reports.
        settings: see ``Settings``.

    Raises:
        SourceError: the text does not parse.

    Guarantees: the same arguments give the same result; the result parses; what stands
    outside the rewritten spans (and the import block) is the same, character by character.
    """
    raise SourceError("not built yet")
