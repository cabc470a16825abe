"""Statements that go, and the comments above them that stay."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import libcst as cst

from transforms.syntax.scopes import walk
from transforms.syntax.source import Source

_Node = TypeVar("_Node", bound=cst.CSTNode)
_Lines = tuple[cst.EmptyLine, ...]
#: Comments that speak to a tool about the line they stand on.
_PRAGMA = re.compile(r"#\s*(noqa|type:|pragma|pylint|fmt:|codemods|isort|nosec|pyright)", re.I)


def has_pragmas(*nodes: cst.CSTNode) -> bool:
    """Whether a comment in one of the nodes speaks to a tool: it is lost without its line."""
    return any(
        isinstance(each, cst.Comment) and _PRAGMA.match(each.value) is not None
        for node in nodes
        for each in walk(node)
    )


@dataclass(frozen=True, eq=False)
class Carried:
    """The lines that the next statement takes over from the removed ones above it."""

    carrier: cst.CSTNode
    lines: _Lines
    opens_block: bool
    """Whether the carrier becomes the first statement of its block."""

    def onto(self, statement: _Node) -> _Node:
        """The carrier with the lines above it; of two gaps the wider one stays."""
        own = tuple(getattr(statement, "leading_lines", ()))
        gap, own_gap = _gap(self.lines), _gap(own)
        if any(line.comment for line in self.lines):
            merged = (*own[: max(0, own_gap - gap)], *self.lines, *own[own_gap:])
        else:
            merged = own if own_gap >= gap else (*self.lines, *own)
        if self.opens_block:
            merged = merged[_gap(merged) :]
        return statement.with_changes(leading_lines=merged)


def carried(source: Source, removed: Sequence[cst.CSTNode]) -> tuple[Carried, ...]:
    """What becomes of the lines above ``removed``; after each of them a statement stays."""
    found: list[Carried] = []
    for first in removed:
        block = list(source.block(first))
        at = block.index(first)
        if at and block[at - 1] in removed:
            continue  # taken over together with the one above
        lines: list[cst.EmptyLine] = []
        end = at
        while block[end] in removed:
            lines += _kept_lines(block[end], is_first=end == at)
            end += 1
        found.append(Carried(block[end], tuple(lines), opens_block=at == 0))
    return tuple(found)


def _kept_lines(statement: cst.CSTNode, *, is_first: bool) -> _Lines:
    above = tuple(getattr(statement, "leading_lines", ()))
    behind = getattr(getattr(statement, "trailing_whitespace", None), "comment", None)
    if not is_first and not any(line.comment for line in above):
        above = ()
    return above if behind is None else (*above, cst.EmptyLine(comment=behind))


def _gap(lines: _Lines) -> int:
    """How many blank lines come first."""
    count = 0
    for line in lines:
        if line.comment is not None:
            break
        count += 1
    return count
