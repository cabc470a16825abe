"""A libcst module in which the bodies of functions are parsed when somebody looks into them.

libcst takes some fifteen times as long as ``ast`` for a text, and as long again for each walk over
all of it, while the rules look into the few functions that have to do with a primitive. So the
others are parsed with a mark for a body, and stay closed until their statements are asked for, by
whatever way: then their text is parsed, and what is found is what the whole text would have given.
Whoever looks for names all over the module says which (``Source.walk``, ``occurrences``), and the
bodies that do not hold any stay closed.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TypeGuard

import libcst as cst

_FEWEST = 3
"""Lines. Shorter bodies are parsed with the rest."""
_MARK = "_codemods_body_"
_WORD = re.compile(r"\w+")
_NAME = re.compile(r"[\w\x80-\U0010ffff]+")
_Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class BodyText:
    """The lines of a function's body, and what has to stand above them."""

    head: str
    text: str

    @cached_property
    def words(self) -> frozenset[str]:
        return words_of(self.text)

    def parse(self) -> cst.IndentedBlock:
        node: cst.CSTNode = cst.parse_module(self.head + self.text).body[-1]
        if isinstance(node, cst.ClassDef):
            node = node.body.body[-1]
        assert isinstance(node, cst.FunctionDef)
        assert isinstance(node.body, cst.IndentedBlock)
        return node.body


def words_of(text: str) -> frozenset[str]:
    """Every word of a text, and every name: some characters of names are of no word (U+0301)."""
    words = frozenset(_WORD.findall(text))
    return words if text.isascii() else words.union(_NAME.findall(text))


class LazyBlock(cst.IndentedBlock):
    """A function's body, parsed when its statements are asked for.

    Raises, when they are: ``cst.ParserSyntaxError``, where libcst cannot parse the text.
    """

    _text: BodyText
    is_closed: bool
    """Whether nobody has looked into it."""

    @classmethod
    def of(cls, stub: cst.IndentedBlock, text: BodyText) -> LazyBlock:
        """The block that stands where ``stub`` does."""
        block = object.__new__(cls)
        block._set(header=stub.header, indent=stub.indent, _text=text, is_closed=True)
        return block

    def __getattr__(self, name: str) -> object:
        """Asked for what is not set: the statements, the first time."""
        if name not in {"body", "footer"}:
            raise AttributeError(name)
        parsed = self._text.parse()
        self._set(body=parsed.body, footer=parsed.footer, is_closed=False)
        return getattr(parsed, name)

    @property
    def words(self) -> frozenset[str]:
        """The words of its text, known without parsing it."""
        return self._text.words

    def _set(self, **values: object) -> None:
        for name, value in values.items():
            object.__setattr__(self, name, value)  # as all nodes, it is frozen to others


# libcst's visitors find their methods by it.
LazyBlock.__name__ = cst.IndentedBlock.__name__


def is_closed(node: cst.CSTNode) -> TypeGuard[LazyBlock]:
    """Whether it is the body of a function that nobody has looked into."""
    return isinstance(node, LazyBlock) and node.is_closed


def open_bodies(node: cst.CSTNode, word: str) -> int:
    """Parse the bodies in ``node`` that hold the word, and say how many are parsed in all."""
    bodies = _bodies(node)
    for body in bodies:
        if body.is_closed and word in body.words:
            assert body.body
    return sum(not body.is_closed for body in bodies)


@lru_cache(maxsize=8)
def _bodies(node: cst.CSTNode) -> tuple[LazyBlock, ...]:
    return _found_in(node)


def _found_in(node: cst.CSTNode) -> tuple[LazyBlock, ...]:
    """Only functions of the module and methods of its classes have such bodies."""
    match node:
        case LazyBlock():
            return (node,)
        case cst.FunctionDef(body=LazyBlock() as body):
            return (body,)
        case cst.ClassDef(body=body):
            return _found_in(body)
        case cst.Module(body=statements) | cst.IndentedBlock(body=statements):
            return tuple(body for statement in statements for body in _found_in(statement))
    return ()


def parse_lazily(text: str, tree: ast.Module) -> cst.Module:
    """Parse a module, and the bodies of its functions and methods when they are looked into.

    Args:
        text: the source.
        tree: the same, parsed by the standard library.

    Raises: ``cst.ParserSyntaxError``, as ``cst.parse_module``.

    Guarantees: what is looked at is equal to what ``cst.parse_module`` gives.
    """
    text = text.removeprefix("\ufeff")
    if "\r" in text or "\f" in text or _MARK in text:
        return cst.parse_module(text)
    lines = text.split("\n")
    cuts = [cut for function in _functions(tree) if (cut := _cut(function, lines))]
    module = cst.parse_module("\n".join(_thinned(lines, cuts)))
    if not cuts:
        return module
    # Its own indentation is that of the first block of a text.
    first = f"if 0:\n{module.default_indent}pass\n"
    texts = {
        f"{_MARK}{number}": BodyText(first + cut.head, "\n".join([*lines[cut.start : cut.end], ""]))
        for number, cut in enumerate(cuts)
    }
    body = [_with_bodies(statement, texts) for statement in module.body]
    return module.with_changes(body=body)


@dataclass(frozen=True, slots=True)
class _Cut:
    """The lines of a body (from 0, the end excluded), its indentation, and a head like its own."""

    start: int
    end: int
    indent: str
    head: str


def _functions(tree: ast.Module) -> Iterator[_Function]:
    for statement in tree.body:
        inside = statement.body if isinstance(statement, ast.ClassDef) else [statement]
        yield from (each for each in inside if isinstance(each, _Function))


def _cut(function: _Function, lines: Sequence[str]) -> _Cut | None:
    """None: the body stays where it is."""
    outer = indent_of(lines[function.lineno - 1])
    start = first_line(function.body[0]) - 1
    indent = indent_of(lines[start])
    begins_line = lines[start][len(indent) :].startswith("@") or (
        len(indent) == function.body[0].col_offset
    )
    if not begins_line or not _is_deeper(lines[start], outer) or len(outer) != function.col_offset:
        return None
    while _is_blank(lines[start - 1]):
        start -= 1
    assert function.end_lineno is not None
    end = line = function.end_lineno
    while line < len(lines) and _is_blank(lines[line]):
        line += 1
        if lines[line - 1].startswith(indent):
            end = line  # a comment of the body
    if end >= len(lines) or end - start < _FEWEST:
        return None
    around = "class _:\n" if outer else ""
    is_async = "async " if isinstance(function, ast.AsyncFunctionDef) else ""
    return _Cut(start, end, indent, f"{around}{outer}{is_async}def _():\n")


def first_line(statement: ast.stmt) -> int:
    """The line on which a statement begins, decorators included."""
    decorators: Sequence[ast.expr] = getattr(statement, "decorator_list", ())
    return min([statement.lineno, *(each.lineno for each in decorators)])


def indent_of(line: str) -> str:
    """The blanks that a line begins with."""
    return line[: len(line) - len(line.lstrip(" \t\f"))]


def _is_blank(line: str) -> bool:
    code = line.lstrip(" \t")
    return not code or code.startswith("#")


def _is_deeper(line: str, outer: str) -> bool:
    return line.startswith((f"{outer} ", f"{outer}\t"))


def _thinned(lines: Sequence[str], cuts: Sequence[_Cut]) -> Iterator[str]:
    done = 0
    for number, cut in enumerate(cuts):
        yield from lines[done : cut.start]
        yield f"{cut.indent}{_MARK}{number}"
        done = cut.end
    yield from lines[done:]


def _with_bodies(statement: cst.BaseStatement, texts: Mapping[str, BodyText]) -> cst.BaseStatement:
    match statement:
        case cst.ClassDef(body=cst.IndentedBlock(body=members) as block):
            bodies = [_with_bodies(each, texts) for each in members]
            return statement.with_changes(body=block.with_changes(body=bodies))
        case cst.FunctionDef(
            body=cst.IndentedBlock(
                body=[cst.SimpleStatementLine(body=[cst.Expr(value=cst.Name(value=mark))])]
            ) as block
        ) if mark in texts:
            return statement.with_changes(body=LazyBlock.of(block, texts[mark]))
    return statement
