"""Newer syntax said in older words, every expression staying where it is.

The parser of the running Python may be older than the code: libcst reads the code instead, and
what the parser does not know is written over by something of the same length that it does know.
Type parameters become blanks, ``except A, B`` becomes ``except A| B``, and the holes of an
f-string become subscripts of one another. The result is only ever parsed, never run: it has the
same calls, names and blocks at the same places, and that is all it is for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

import libcst as cst
from libcst.metadata import CodeRange

from transforms.syntax.places import Positions, children

_String = cst.FormattedString | cst.TemplatedString | cst.ConcatenatedString
_Hole = cst.FormattedStringExpression | cst.TemplatedStringExpression
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|$)")


class UnknownSyntaxError(Exception):
    """libcst cannot parse the text either, or not without changing it."""


@lru_cache(maxsize=2)  # the same file is parsed for several ends
def same_positions(text: str) -> str:
    """Rewrite newer syntax so that an older parser gives the same nodes the same positions.

    Args:
        text: the source, without a byte order mark.

    Raises:
        UnknownSyntaxError: libcst cannot parse the text, or does not give it back as it was
            (form feeds in an indentation), so that its positions are not to be trusted.

    Guarantees: the result has the same lines, each of the same length.
    """
    try:
        module = cst.parse_module(text)
        if module.code != text:
            raise UnknownSyntaxError("the positions in this file cannot be told")
        canvas = _Canvas(text)
        _Backport(canvas, Positions().of(module)).visit(module)
    except (cst.ParserSyntaxError, cst.CSTValidationError, RecursionError) as error:
        raise UnknownSyntaxError(str(error)) from error
    return canvas.text


class _Canvas:
    """A text whose characters are replaced in place, by line and column."""

    def __init__(self, text: str) -> None:
        self._original = text
        self._characters = list(text)
        self._starts = [match.start() for match in _LINE.finditer(text)]

    @property
    def text(self) -> str:
        return "".join(self._characters)

    def offset(self, place: cst.metadata.CodePosition) -> int:
        return self._starts[place.line - 1] + place.column

    def blank(self, start: int, end: int) -> None:
        """Write blanks over a stretch; the ends of lines stay."""
        for index in range(start, end):
            if self._characters[index] not in "\r\n":
                self._characters[index] = " "

    def restore(self, start: int, end: int) -> None:
        self._characters[start:end] = self._original[start:end]

    def copy(self, start: int, end: int, to: int) -> None:
        self._characters[to : to + end - start] = self._original[start:end]

    def put(self, at: int, character: str) -> None:
        self._characters[at] = character


class _Backport:
    """Goes from the outside in: what an outer string blanks, an inner expression gets back."""

    def __init__(self, canvas: _Canvas, positions: Mapping[cst.CSTNode, CodeRange]) -> None:
        self._canvas = canvas
        self._positions = positions
        self._opened: set[cst.CSTNode] = set()
        """Parts of a concatenation that was opened as a whole."""

    def visit(self, module: cst.Module) -> None:
        """Much faster than a visitor of libcst's."""
        stack: list[cst.CSTNode] = [module]
        while stack:
            node = stack.pop()
            visit = _VISITS.get(node.__class__)
            if visit is not None:
                visit(self, node)
            if not isinstance(node, cst.TypeParameters):
                stack.extend(reversed(children(node)))

    def visit_TypeParameters(self, node: cst.TypeParameters) -> None:
        self._canvas.blank(*self._span(node))

    def visit_TypeAlias(self, node: cst.TypeAlias) -> None:
        """``type X[T] = v`` -> ``X         = v``."""
        start, _ = self._span(node)
        name_start, name_end = self._span(node.name)
        self._canvas.blank(start, name_end)
        self._canvas.copy(name_start, name_end, to=start)

    def visit_ExceptHandler(self, node: cst.ExceptHandler) -> None:
        self._join_types(node.type)

    def visit_ExceptStarHandler(self, node: cst.ExceptStarHandler) -> None:
        self._join_types(node.type)

    def visit_FormattedString(self, node: cst.FormattedString) -> None:
        self._open_up(node)

    def visit_TemplatedString(self, node: cst.TemplatedString) -> None:
        self._open_up(node)

    def visit_ConcatenatedString(self, node: cst.ConcatenatedString) -> None:
        parts = tuple(_parts(node))
        if any(isinstance(part, cst.FormattedString | cst.TemplatedString) for part in parts):
            self._open_up(node)
            self._opened.update(parts)

    def visit_FormattedStringExpression(self, node: cst.FormattedStringExpression) -> None:
        self._keep_hole(node)

    def visit_TemplatedStringExpression(self, node: cst.TemplatedStringExpression) -> None:
        self._keep_hole(node)

    def _join_types(self, types: cst.BaseExpression | None) -> None:
        if not isinstance(types, cst.Tuple) or types.lpar:
            return
        for element in types.elements:
            if isinstance(element.comma, cst.Comma):
                start, end = self._span(element.comma)
                at = self._canvas.text.index(",", start, end)
                self._canvas.put(at, "|")

    def _open_up(self, node: _String) -> None:
        """Blank the string; its holes come back when they are visited."""
        if node in self._opened:
            return
        start, end = self._span(node)
        self._canvas.blank(start, end)
        self._canvas.put(start, "(")
        self._canvas.put(end - 1, ")")

    def _keep_hole(self, node: _Hole) -> None:
        start, end = self._span(node)
        self._canvas.put(start, "[")
        self._canvas.put(end - 1, "]")
        kept = _without_yield(node.expression)
        if kept is None:
            self._canvas.put(self._span(node.expression)[0], "0")
        else:
            self._canvas.restore(*self._span_with_parentheses(kept))

    def _span_with_parentheses(self, node: cst.BaseExpression) -> tuple[int, int]:
        start, end = self._span(node)
        if node.lpar:
            start, _ = self._span(node.lpar[0])
        if node.rpar:
            _, end = self._span(node.rpar[-1])
        return start, end

    def _span(self, node: cst.CSTNode) -> tuple[int, int]:
        place = self._positions[node]
        return self._canvas.offset(place.start), self._canvas.offset(place.end)


_VISITS: dict[type[cst.CSTNode], Callable[[_Backport, Any], None]] = {
    getattr(cst, name.removeprefix("visit_")): visit
    for name, visit in vars(_Backport).items()
    if name.startswith("visit_")
}


def _without_yield(expression: cst.BaseExpression) -> cst.BaseExpression | None:
    """What stays in brackets, where a ``yield`` that has no parentheses may not stand."""
    if not isinstance(expression, cst.Yield) or expression.lpar:
        return expression
    value = expression.value
    return value.item if isinstance(value, cst.From) else value


def _parts(node: cst.ConcatenatedString) -> Iterator[cst.BaseExpression]:
    """The strings that are written one after the other, and the concatenations they make."""
    rest: cst.BaseExpression = node.right
    yield node.left
    while isinstance(rest, cst.ConcatenatedString):
        yield rest
        yield rest.left
        rest = rest.right
    yield rest
