"""A module in which only what is edited stands in full.

Printing and parsing a large file for each edit in it is what rewriting would take its time for.
So the functions, classes and methods that an edit does not touch are left out: each is a stub with
a mark while the others are edited, and gets its text back at the end, byte for byte.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass

import libcst as cst

from codemods.printing import Printer, line_end
from transforms.syntax.imports import used
from transforms.syntax.places import Block, Places

_MARK = "# codemods: left out "
_STUB = re.compile(rf"^[ \t]*(?:def _\(\): )?pass  {_MARK}(\d+)(?=\r|\n|\Z)", re.MULTILINE)
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
        self.printed = Printer().text
        self._made: dict[frozenset[cst.CSTNode], Sparse] = {}
        self._texts: list[str] = []
        self._numbers: dict[tuple[int, int], int] = {}

    def sparse(self, touched: frozenset[cst.CSTNode]) -> Sparse:
        """The module with stubs for the definitions that hold no touched node."""
        if touched not in self._made:
            self._made[touched] = self._sparse(touched)
        return self._made[touched]

    def _sparse(self, touched: frozenset[cst.CSTNode]) -> Sparse:
        around = {node for each in touched for node in self._around(each)}
        path = {*touched, *around}
        if _MARK in self._places.text:
            return Sparse(self._module, frozenset(path))
        end = len(self._lines) + 1 - len(self._module.footer)
        last = end if self._module.has_trailing_newline else None
        added: set[cst.CSTNode] = set()
        body = list(self._body(self._places.top, last, touched, path, added))
        module = self._module.with_changes(body=body)
        return Sparse(module, frozenset({*path, *added, module}))

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
        return _STUB.sub(lambda stub: self._texts[int(stub[1])], code)

    def mentioned(self, code: str, names: Set[str]) -> set[str]:
        """Those of ``names`` that are used in what is left out of ``code``."""
        texts = (self._texts[int(stub[1])] for stub in _STUB.finditer(code))
        found: set[str] = set()
        for text in texts:
            if any(name in text for name in names):
                found |= names & used(text)
        return found

    def _body(
        self,
        block: Block,
        end: int | None,
        touched: Set[cst.CSTNode],
        path: Set[cst.CSTNode],
        added: set[cst.CSTNode],
    ) -> Iterator[cst.CSTNode]:
        """The statements of a block that ends before line ``end`` (None: nobody knows where)."""
        begins = [
            first - len(getattr(statement, "leading_lines", ()))
            for first, statement in zip(block.firsts, block.statements, strict=True)
        ]
        ends: list[int | None] = [*begins[1:], end]
        left_out: list[tuple[cst.CSTNode, int, int]] = []
        for statement, first, after in zip(block.statements, block.firsts, ends, strict=True):
            if after is not None and statement not in path and _may_go(statement):
                left_out.append((statement, first, after))
                continue
            yield from self._stubs(left_out)
            left_out.clear()
            if statement in path:
                # What is edited itself has to be the node that its transformer knows.
                is_edited = statement in touched or getattr(statement, "body", None) in touched
                yield statement if is_edited else self._thinned(statement, touched, path, added)
            else:
                yield statement
        yield from self._stubs(left_out)

    def _thinned(
        self,
        statement: cst.CSTNode,
        touched: Set[cst.CSTNode],
        path: Set[cst.CSTNode],
        added: set[cst.CSTNode],
    ) -> cst.CSTNode:
        """A class on the way to an edit, with stubs for its other methods."""
        members = self._places.block_of(statement)
        if members is None or not isinstance(statement, cst.ClassDef):
            return statement
        block = statement.body.with_changes(
            body=list(self._body(members, None, touched, path, added))
        )
        thinned = statement.with_changes(body=block)
        added |= {thinned, block}
        return thinned

    def _stubs(self, left_out: Sequence[tuple[cst.CSTNode, int, int]]) -> Iterator[cst.CSTNode]:
        """One stub for definitions that follow each other, if there are any.

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
            self._texts.append(text.removesuffix(line_end(text)))
        mark = cst.TrailingWhitespace(
            whitespace=cst.SimpleWhitespace("  "),
            comment=cst.Comment(f"{_MARK}{self._numbers[lines]}"),
            newline=cst.Newline(line_end(self._lines[end - 2])),
        )
        above = getattr(first, "leading_lines", ())
        if isinstance(first, cst.SimpleStatementLine):
            yield cst.SimpleStatementLine([cst.Pass()], above, mark)
        else:
            body = cst.SimpleStatementSuite([cst.Pass()], trailing_whitespace=mark)
            yield cst.FunctionDef(cst.Name("_"), cst.Parameters(), body, leading_lines=above)


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
