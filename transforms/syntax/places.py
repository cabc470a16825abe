"""Where the nodes of a file stand, found for those parts of it that somebody asks about.

libcst's ``PositionProvider`` takes longer than the parse. A module's statements are independent of
each other, so each is placed by itself, when a node in it is asked for, and moved to its line.
"""

from __future__ import annotations

import dataclasses
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, cached_property

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

from transforms.syntax.parsed import Span

#: What a primitive's node may be; a statement or an expression around it may share its span.
PRIMITIVE_NODES = (cst.Call, cst.Name, cst.Attribute, cst.While, cst.For)


class Places:
    """Parents and positions of a module's nodes."""

    def __init__(self, module: cst.Module) -> None:
        self._module = module
        self._spans: dict[cst.CSTNode, Span] = {}
        self._by_span: dict[Span, list[cst.CSTNode]] = {}
        self._placed: set[int] = set()

    @cached_property
    def text(self) -> str:
        """The source text."""
        return self._module.code

    @cached_property
    def parents(self) -> Mapping[cst.CSTNode, cst.CSTNode]:
        """The node around each node but the module."""
        parents: dict[cst.CSTNode, cst.CSTNode] = {}
        stack: list[cst.CSTNode] = [self._module]
        while stack:
            node = stack.pop()
            for child in children(node):
                parents[child] = node
                stack.append(child)
        return parents

    def span(self, node: cst.CSTNode) -> Span:
        """Start line and column, end line and column.

        Raises: ``KeyError`` for the module itself and for what stands above its first statement
            or below its last.
        """
        if node not in self._spans:
            top = node
            while (parent := self.parents.get(top)) is not None and parent is not self._module:
                top = parent
            self._place(self._index[top])
        return self._spans[node]

    def at(self, span: Span) -> Sequence[cst.CSTNode]:
        """The nodes of ``PRIMITIVE_NODES`` with this span."""
        self._place(bisect_right(self._first_lines, span[0]) - 1)
        return self._by_span.get(span, ())

    @cached_property
    def _index(self) -> dict[cst.CSTNode, int]:
        return {statement: index for index, statement in enumerate(self._module.body)}

    @cached_property
    def _first_lines(self) -> list[int]:
        """The line on which each statement begins, blank lines and comments above it included."""
        line = 1 + sum(1 for _ in self._module.header)
        lines = []
        for statement in self._module.body:
            lines.append(line)
            line += _line_ends(self._module.code_for_node(statement))
        return lines

    def _place(self, index: int) -> None:
        if index in self._placed or not 0 <= index < len(self._module.body):
            return
        self._placed.add(index)
        alone = self._module.with_changes(body=[self._module.body[index]], header=[], footer=[])
        found = MetadataWrapper(alone, unsafe_skip_copy=True).resolve(PositionProvider)
        above = self._first_lines[index] - 1
        for node, place in found.items():
            start, end = place.start, place.end
            span = (start.line + above, start.column, end.line + above, end.column)
            self._spans[node] = span
            if isinstance(node, PRIMITIVE_NODES):
                self._by_span.setdefault(span, []).append(node)


def _line_ends(text: str) -> int:
    # "\r\n" is one end, and so is "\r" alone.
    return text.count("\n") + text.count("\r") - text.count("\r\n")


#: Fields that libcst declares in another order than they stand in the source.
_SOURCE_ORDER: Mapping[type[cst.CSTNode], tuple[str, ...]] = {
    cst.Arg: ("keyword", "value"),
    cst.ClassDef: ("leading_lines", "decorators", "name", "bases", "keywords", "body"),
    cst.FunctionDef: ("leading_lines", "decorators", "name", "params", "returns", "body"),
    cst.IfExp: ("body", "test", "orelse"),
}


@cache
def _fields(kind: type[cst.CSTNode]) -> tuple[str, ...]:
    names = [each.name for each in dataclasses.fields(kind)]
    first = _SOURCE_ORDER.get(kind, ())
    return (*first, *(name for name in names if name not in first))


def children(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """What is directly in ``node``; variables and statements in their order in the source.

    Three times as fast as ``node.children``, which asks each node to rebuild itself.
    """
    for name in _fields(type(node)):
        value = getattr(node, name)
        if isinstance(value, cst.CSTNode):
            yield value
        elif isinstance(value, list | tuple):
            for each in value:
                if isinstance(each, cst.CSTNode):
                    yield each
