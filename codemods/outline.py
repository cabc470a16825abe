"""A module in which only what is edited stands in full.

Printing and parsing a large file for each edit in it is what rewriting would take its time for.
So the functions, classes and methods that an edit does not touch are left out: each is a stub with
a mark while the others are edited, and gets its text back at the end, byte for byte.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass

import libcst as cst

from transforms.syntax.imports import used
from transforms.syntax.places import Block, Places

_MARK = "# codemods: left out "
_STUB = re.compile(rf"^[ \t]*def _\(\): pass  {_MARK}(\d+)(?=\r|\n|\Z)", re.MULTILINE)
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
        self._texts: list[str] = []
        self._numbers: dict[cst.CSTNode, int] = {}

    def sparse(self, touched: Set[cst.CSTNode]) -> Sparse:
        """The module with stubs for the definitions that hold no touched node."""
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
        return self.complete(self.sparse(frozenset(touched)).module.code) == self._places.text

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
        for statement, first, after in zip(block.statements, block.firsts, ends, strict=True):
            if statement in path:
                # What is edited itself has to be the node that its transformer knows.
                is_edited = statement in touched or getattr(statement, "body", None) in touched
                yield statement if is_edited else self._thinned(statement, touched, path, added)
            elif after is not None and isinstance(statement, cst.FunctionDef | cst.ClassDef):
                yield self._stub(statement, first, after)
            else:
                yield statement

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

    def _stub(
        self, statement: cst.FunctionDef | cst.ClassDef, first: int, after: int
    ) -> cst.CSTNode:
        if statement not in self._numbers:
            text = "".join(self._lines[first - 1 : after - 1])
            self._numbers[statement] = len(self._texts)
            self._texts.append(text.removesuffix(_ending(text)))
        number = self._numbers[statement]
        return cst.FunctionDef(
            name=cst.Name("_"),
            params=cst.Parameters(),
            body=cst.SimpleStatementSuite(
                body=[cst.Pass()],
                trailing_whitespace=cst.TrailingWhitespace(
                    whitespace=cst.SimpleWhitespace("  "),
                    comment=cst.Comment(f"{_MARK}{number}"),
                    newline=cst.Newline(_ending(self._lines[after - 2])),
                ),
            ),
            leading_lines=statement.leading_lines,
        )


def _ending(text: str) -> str:
    return next((end for end in ("\r\n", "\n", "\r") if text.endswith(end)), "")
