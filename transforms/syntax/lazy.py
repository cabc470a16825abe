"""A libcst module in which definitions and bodies are parsed when somebody looks into them.

libcst takes some fifteen times as long as ``ast`` for a text, and as long again for each walk over
all of it, while the rules look into the few functions that have to do with a primitive. So the
others are parsed with a mark in their place, and stay closed until somebody asks for what is in
them, by whatever way: then their text is parsed, and what is found is what the whole text would
have given. There are two steps: a definition of the module first, then the bodies of functions in
it. Whoever looks for names all over the module says which (``Source.walk``, ``occurrences``), and
what does not hold any stays closed.
"""

from __future__ import annotations

import ast
import dataclasses
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Protocol, Self, TypeGuard

import libcst as cst

_FEWEST = 3
"""Lines. What is shorter is parsed with the rest."""
_MARK = "_codemods_body_"
_WORD = re.compile(r"\w+")
_NAME = re.compile(r"[\w\x80-\U0010ffff]+")
_Function = ast.FunctionDef | ast.AsyncFunctionDef
_Definition = _Function | ast.ClassDef


class _Text(Protocol):
    """The text of a node that is parsed later."""

    @property
    def words(self) -> frozenset[str]: ...

    def parse(self) -> cst.CSTNode: ...


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


@dataclass(frozen=True)
class _DefinitionText:
    """The lines of a definition of the module, and the bodies that stay closed in it."""

    first: str
    lines: Sequence[str]
    """Those of the file."""
    begin: int
    """Where the blanks and comments above it begin, from 0."""
    start: int
    end: int
    """Excluded."""
    cuts: Sequence[_Cut]

    @cached_property
    def words(self) -> frozenset[str]:
        return words_of("\n".join(self.lines[self.start : self.end]))

    def parse(self) -> cst.BaseStatement:
        thinned = _thinned(self.lines, self.cuts, self.begin, self.end)
        # The statement between keeps comments above apart from the first block.
        text = "\n".join([f"{self.first}0", *thinned, ""])
        statement = cst.parse_module(text).body[-1]
        assert isinstance(statement, cst.BaseStatement)
        return _with_bodies(statement, _texts(self.lines, self.cuts, self.first))

    @property
    def height_above(self) -> int:
        return self.start - self.begin

    def parse_above(self) -> Sequence[cst.EmptyLine]:
        text = "\n".join(["0", *self.lines[self.begin : self.start], "0"])
        statement = cst.parse_module(text).body[-1]
        assert isinstance(statement, cst.SimpleStatementLine)
        return statement.leading_lines


def words_of(text: str) -> frozenset[str]:
    """Every word of a text, and every name: some characters of names are of no word (U+0301)."""
    words = frozenset(_WORD.findall(text))
    return words if text.isascii() else words.union(_NAME.findall(text))


class Lazy:
    """A node that is parsed when somebody asks for what is in it.

    Raises, then: ``cst.ParserSyntaxError``, where libcst cannot parse the text.
    """

    _text: _Text
    is_closed: bool = False
    """Whether nobody has looked into it."""

    def __getattr__(self, name: str) -> object:
        """Asked for what is not set: all of it, the first time."""
        if not self.is_closed or name.startswith("_"):
            raise AttributeError(name)
        parsed = self._text.parse()
        self._set(is_closed=False)
        for field in dataclasses.fields(parsed):
            if not self._has(field.name):
                self._set(**{field.name: getattr(parsed, field.name)})
        return object.__getattribute__(self, name)

    @property
    def words(self) -> frozenset[str]:
        """The words of its text, known without parsing it."""
        return self._text.words

    def _has(self, name: str) -> bool:
        try:
            object.__getattribute__(self, name)
        except AttributeError:
            return False
        return True

    def _set(self, **values: object) -> None:
        for name, value in values.items():
            object.__setattr__(self, name, value)  # as all nodes, it is frozen to others


class LazyBlock(Lazy, cst.IndentedBlock):
    """A function's body."""

    @classmethod
    def of(cls, stub: cst.IndentedBlock, text: BodyText) -> LazyBlock:
        """The block that stands where ``stub`` does."""
        block = object.__new__(cls)
        block._set(header=stub.header, indent=stub.indent, _text=text, is_closed=True)
        return block


class LazyDefinition(Lazy):
    """A definition of the module. Its name is known before it is parsed."""

    _text: _DefinitionText

    def __getattr__(self, name: str) -> object:
        """What stands above it is parsed by itself."""
        if not self.is_closed or name != "leading_lines":
            return super().__getattr__(name)
        lines = self._text.parse_above()
        self._set(leading_lines=lines)
        return lines

    @classmethod
    def of(cls, name: str, text: _DefinitionText) -> Self:
        node = object.__new__(cls)
        node._set(name=cst.Name(name), _text=text, is_closed=True)
        return node


class LazyFunction(LazyDefinition, cst.FunctionDef):
    """A function of the module."""


class LazyClass(LazyDefinition, cst.ClassDef):
    """A class of the module."""


# libcst's visitors find their methods by it.
for _kind, _twin in (
    (LazyBlock, cst.IndentedBlock),
    (LazyFunction, cst.FunctionDef),
    (LazyClass, cst.ClassDef),
):
    _kind.__name__ = _twin.__name__


def is_closed(node: cst.CSTNode) -> TypeGuard[LazyBlock | LazyFunction | LazyClass]:
    """Whether it is something that nobody has looked into."""
    return isinstance(node, Lazy) and node.is_closed


def lines_above(statement: cst.CSTNode) -> int:
    """How many lines of blanks and comments are the statement's own."""
    if isinstance(statement, LazyDefinition) and statement.is_closed:
        return statement._text.height_above
    return len(getattr(statement, "leading_lines", ()))


def open_bodies(node: cst.CSTNode, word: str) -> int:
    """Parse what holds the word in ``node``, and say how much is parsed in all."""
    return sum(_opened(each, word) for each in _lazy_in(node))


def _opened(node: LazyBlock | LazyFunction | LazyClass, word: str) -> int:
    if node.is_closed and word not in node.words:
        return 0
    inside = _found_in(node.body) if isinstance(node, LazyClass) else (node.body,)
    return 1 + sum(_opened(each, word) for each in inside if isinstance(each, Lazy))


@lru_cache(maxsize=8)
def _lazy_in(node: cst.CSTNode) -> tuple[LazyBlock | LazyFunction | LazyClass, ...]:
    return _found_in(node)


def _found_in(node: cst.CSTNode) -> tuple[LazyBlock | LazyFunction | LazyClass, ...]:
    """Only the module's definitions are lazy, and the bodies of its functions and methods."""
    match node:
        case LazyBlock() | LazyFunction() | LazyClass():
            return (node,)
        case cst.FunctionDef(body=LazyBlock() as body):
            return (body,)
        case cst.ClassDef(body=body):
            return _found_in(body)
        case cst.Module(body=statements) | cst.IndentedBlock(body=statements):
            return tuple(body for statement in statements for body in _found_in(statement))
    return ()


def parse_lazily(text: str, tree: ast.Module) -> cst.Module:
    """Parse a module, and its definitions and their bodies when they are looked into.

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
    whole = list(_whole(tree, lines))
    aside = {definition for definition, _ in whole}
    cuts = _cuts((each for each in tree.body if each not in aside), lines)
    module = cst.parse_module(
        "\n".join(_thinned(lines, sorted([*cuts, *(cut for _, cut in whole)])))
    )
    if not cuts and not whole:
        return module
    # Its own indentation is that of the first block of a text.
    first = f"if 0:\n{module.default_indent}pass\n"
    texts = _texts(lines, cuts, first)
    lazy = {_mark(cut): _lazy(definition, cut, lines, first) for definition, cut in whole}
    body = [_with_bodies(_from_mark(each, lazy), texts) for each in module.body]
    return module.with_changes(body=body)


@dataclass(frozen=True, slots=True, order=True)
class _Cut:
    """The lines that are parsed later (from 0, the end excluded), their indentation, and a head."""

    start: int
    end: int
    indent: str = ""
    head: str = ""


def _whole(tree: ast.Module, lines: Sequence[str]) -> Iterator[tuple[_Definition, _Cut]]:
    """The definitions of the module that are parsed later as a whole.

    The first definition stays, for the sake of the indentation that the module takes from it.
    """
    begin, is_first = 0, True
    for statement in tree.body:
        cut = _cut(statement, lines) if isinstance(statement, _Definition) else None
        if cut is not None and isinstance(statement, _Definition):
            # Blanks and comments with an indentation may belong to the block above them.
            around = (*lines[begin : first_line(statement) - 1], *_blanks_below(lines, cut.end))
            is_apart = not begin or not lines[begin - 1].endswith("\\")
            if (
                is_apart
                and not is_first
                and not any(line.startswith((" ", "\t")) for line in around)
            ):
                yield statement, _Cut(begin, cut.end)
            is_first = False
        begin = cut.end if cut is not None else statement.end_lineno or statement.lineno


def _blanks_below(lines: Sequence[str], line: int) -> Iterator[str]:
    for each in lines[line:]:
        if not _is_blank(each):
            return
        yield each


def _lazy(
    definition: _Definition, cut: _Cut, lines: Sequence[str], first: str
) -> LazyFunction | LazyClass:
    inside = _cuts([definition], lines)
    start = first_line(definition) - 1
    text = _DefinitionText(first, lines, cut.start, start, cut.end, inside)
    kind = LazyClass if isinstance(definition, ast.ClassDef) else LazyFunction
    return kind.of(definition.name, text)


def _cuts(statements: Iterable[ast.stmt], lines: Sequence[str]) -> list[_Cut]:
    """The bodies of functions and methods that are parsed later."""
    return [cut for function in _functions(statements) if (cut := _cut(function, lines))]


def _texts(lines: Sequence[str], cuts: Iterable[_Cut], first: str) -> dict[str, BodyText]:
    """The texts of bodies by the marks that stand for them."""
    return {
        _mark(cut): BodyText(first + cut.head, "\n".join([*lines[cut.start : cut.end], ""]))
        for cut in cuts
    }


def _mark(cut: _Cut) -> str:
    return f"{_MARK}{cut.start}"


def _functions(statements: Iterable[ast.stmt]) -> Iterator[_Function]:
    for statement in statements:
        inside = statement.body if isinstance(statement, ast.ClassDef) else [statement]
        yield from (each for each in inside if isinstance(each, _Function))


def _cut(function: _Definition, lines: Sequence[str]) -> _Cut | None:
    """The lines of a body; None: it stays where it is."""
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
    if lines[start - 1].endswith("\\") or lines[end - 1].endswith("\\"):
        return None  # what goes on in the next line, be it blank, is not cut there
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


def _thinned(
    lines: Sequence[str], cuts: Sequence[_Cut], start: int = 0, end: int | None = None
) -> Iterator[str]:
    done = start
    for cut in cuts:
        yield from lines[done : cut.start]
        yield f"{cut.indent}{_mark(cut)}"
        done = cut.end
    yield from lines[done:end]


def _from_mark(
    statement: cst.BaseStatement, lazy: Mapping[str, cst.BaseStatement]
) -> cst.BaseStatement:
    """The definition that a mark stands for, or the statement itself."""
    match statement:
        case cst.SimpleStatementLine(body=[cst.Expr(value=cst.Name(value=mark))]):
            return lazy.get(mark, statement)
    return statement


def _with_bodies(statement: cst.BaseStatement, texts: Mapping[str, BodyText]) -> cst.BaseStatement:
    match statement:
        case Lazy():
            return statement
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
