"""A module in which only what is edited stands in full.

Printing and parsing a large file for each edit in it is what rewriting would take its time for.
So the statements that an edit does not touch are left out, down to those around it in a function:
a stub with a mark stands for them while the others are edited, and gives way to their text at the
end, byte for byte.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field, replace

import libcst as cst

from codemods.printing import Printer, line_end
from transforms.syntax.imports import used
from transforms.syntax.lazy import lines_above
from transforms.syntax.places import Block, Places

_MARK = "# codemods: left out"
_STUB = re.compile(
    rf"^[ \t]*(?:def _\(\): )?pass  {_MARK}( within)? (\d+)(?=\r|\n|\Z)", re.MULTILINE
)
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


@dataclass(frozen=True, slots=True)
class Sparse:
    """The module to edit, and the nodes of it that stand for original ones on the way."""

    module: cst.Module
    path: frozenset[cst.CSTNode]


class Outline:
    """The statements of a file that can be left out, and their texts."""

    def __init__(self, module: cst.Module, places: Places) -> None:
        self._module = module
        self._places = places
        self._lines: list[str] = _LINE.findall(places.text)
        printer = Printer()
        self.printed, self.pieces = printer.text, printer.pieces
        self._made: dict[frozenset[cst.CSTNode], Sparse] = {}
        self._texts: list[str] = []
        self._ranges: list[tuple[int, int]] = []
        self._numbers: dict[tuple[int, int], int] = {}

    def sparse(self, touched: frozenset[cst.CSTNode]) -> Sparse:
        """The module with stubs for the definitions that hold no touched node."""
        if touched not in self._made:
            self._made[touched] = self._sparse(touched)
        return self._made[touched]

    def _sparse(self, touched: frozenset[cst.CSTNode]) -> Sparse:
        around = {node for each in touched for node in self._around(each)}
        path = frozenset({*touched, *around})
        if _MARK in self._places.text:
            return Sparse(self._module, path)
        end = len(self._lines) + 1 - len(self._module.footer)
        last = end if self._module.has_trailing_newline else None
        way = _Way(touched, path)
        module = self._module.with_changes(body=list(self._body(self._places.top, last, way)))
        return Sparse(module, frozenset({*path, *way.added, module}))

    def _around(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        while (parent := self._places.parent(node)) is not None:
            yield parent
            node = parent

    def reproduces(self, touched: Iterable[cst.CSTNode]) -> bool:
        """Whether the unedited module, printed and completed, is the text byte for byte."""
        code = self.printed(self.sparse(frozenset(touched)).module)
        return self.complete(code) == self._places.text

    def complete(self, code: str) -> str:
        """The code of an edited sparse module with the texts of what was left out."""
        return _STUB.sub(self._text_of, code)

    def with_whole_functions(self, code: str) -> str:
        """The code with the texts of what was left out of functions that are edited."""
        return _STUB.sub(lambda stub: self._text_of(stub) if stub[1] else stub[0], code)

    def _text_of(self, stub: re.Match[str]) -> str:
        number = int(stub[2])
        return self._texts[number] if number < len(self._texts) else stub[0]  # the file's own

    def mentioned(
        self, pieces: Iterable[str], names: Set[str], lines: Callable[[str], Sequence[int]]
    ) -> set[str]:
        """Those of ``names`` that are used in what is left out of the pieces.

        Args:
            lines: on which lines of the file a name is certainly used, in ascending order.
        """
        left_out = [int(stub[2]) for piece in pieces for stub in _STUB.finditer(piece)]
        numbers = [number for number in left_out if number < len(self._texts)]  # not the file's own
        found = {name for name in names if self._is_on(lines(name), numbers)}
        for number in numbers:
            text, missing = self._texts[number], names - found
            if any(name in text for name in missing):
                found |= missing & used(text)
        return found

    def _is_on(self, lines: Sequence[int], numbers: Iterable[int]) -> bool:
        """Whether one of the lines is among what is left out under one of the numbers."""
        ranges = (self._ranges[number] for number in numbers)
        return any(bisect_left(lines, begin) < bisect_left(lines, end) for begin, end in ranges)

    def _body(self, block: Block, end: int | None, way: _Way) -> Iterator[cst.CSTNode]:
        """The statements of a block that ends before line ``end`` (None: nobody knows where)."""
        begins = [
            first - lines_above(statement)
            for first, statement in zip(block.firsts, block.statements, strict=True)
        ]
        ends: list[int | None] = [*begins[1:], end]
        left_out: list[tuple[cst.CSTNode, int, int]] = []
        for statement, first, after in zip(block.statements, block.firsts, ends, strict=True):
            may_go = way.leaves_out(statement) and not self._is_first(statement)
            if after is not None and may_go:
                left_out.append((statement, first, after))
                continue
            yield from self._stubs(left_out, way)
            left_out.clear()
            yield self._thinned(block, statement, way) if way.leads_into(statement) else statement
        yield from self._stubs(left_out, way)

    def _is_first(self, statement: cst.CSTNode) -> bool:
        """Whether it is a line that imports are told to stay below of."""
        if not isinstance(statement, cst.SimpleStatementLine):
            return False
        return "sys.path" in self._places.text and "sys.path" in self._module.code_for_node(
            statement
        )

    def _thinned(self, block: Block, statement: cst.CSTNode, way: _Way) -> cst.CSTNode:
        """A statement on the way to an edit, with stubs for what else is in it."""
        inside = self._places.block_in(block, statement)
        suite = getattr(statement, "body", None)
        if inside is None or not isinstance(suite, cst.IndentedBlock):
            return statement
        if isinstance(statement, cst.FunctionDef):
            if _imports(self._lines[block.lines[statement] - 1 : inside.end]):
                return statement  # whether it still uses them is told by all of it
            way = replace(way, in_function=True)
        elif not way.in_function and not isinstance(statement, cst.ClassDef):
            return statement
        thin = suite.with_changes(body=list(self._body(inside, None, way)))
        thinned = statement.with_changes(body=thin)
        way.added.update((thinned, thin))
        return thinned

    def _stubs(
        self, left_out: Sequence[tuple[cst.CSTNode, int, int]], way: _Way
    ) -> Iterator[cst.CSTNode]:
        """One stub for statements that follow each other, if there are any.

        Of each, its line and that of the next.
        """
        if not left_out:
            return
        first, begin, _ = left_out[0]
        end = left_out[-1][2]
        lines = begin, end
        if lines not in self._numbers:
            text = "".join(self._lines[begin - 1 : end - 1])
            self._numbers[lines] = len(self._texts)
            self._ranges.append(lines)
            self._texts.append(text.removesuffix(line_end(text)))
        where = " within" if way.in_function else ""
        mark = cst.TrailingWhitespace(
            whitespace=cst.SimpleWhitespace("  "),
            comment=cst.Comment(f"{_MARK}{where} {self._numbers[lines]}"),
            newline=cst.Newline(line_end(self._lines[end - 2])),
        )
        above = getattr(first, "leading_lines", ())
        if isinstance(first, cst.FunctionDef | cst.ClassDef):
            body = cst.SimpleStatementSuite([cst.Pass()], trailing_whitespace=mark)
            yield cst.FunctionDef(cst.Name("_"), cst.Parameters(), body, leading_lines=above)
        else:
            yield cst.SimpleStatementLine([cst.Pass()], above, mark)


@dataclass(frozen=True, slots=True)
class _Way:
    """The way from the module to what is edited."""

    touched: Set[cst.CSTNode]
    path: Set[cst.CSTNode]
    added: set[cst.CSTNode] = field(default_factory=set)
    """What stands for nodes of the path."""
    in_function: bool = False

    def leaves_out(self, statement: cst.CSTNode) -> bool:
        return statement not in self.path and (self.in_function or _may_go(statement))

    def leads_into(self, statement: cst.CSTNode) -> bool:
        """Not what is edited itself: it has to be the node that its transformer knows."""
        is_edited = statement in self.touched or getattr(statement, "body", None) in self.touched
        return statement in self.path and not is_edited


def _imports(lines: Sequence[str]) -> bool:
    return any("import" in line for line in lines)


def _may_go(statement: cst.CSTNode) -> bool:
    """Whether no import and no docstring is in it."""
    match statement:
        case cst.FunctionDef() | cst.ClassDef():
            return True
        case cst.SimpleStatementLine(body=body):
            return not any(
                isinstance(each, cst.Import | cst.ImportFrom | cst.Expr) for each in body
            )
    return False
