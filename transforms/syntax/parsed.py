"""A source text, parsed by the standard library, with the positions that libcst gives.

``ast`` is about fifteen times faster than libcst but counts columns in UTF-8 bytes, and it only
knows the syntax of the Python that runs. Both are made good here, so that nobody else has to
think of them.
"""

from __future__ import annotations

import ast
import re
import sys
import warnings
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property

from transforms.syntax.lines import lines_of
from transforms.syntax.names import Names

Span = tuple[int, int, int, int]
"""Start line, start column, end line, end column; lines from 1, columns from 0 in characters."""

# Before 3.12 the nodes inside an f-string carry made-up positions.
_EXACT_IN_FSTRINGS = sys.version_info >= (3, 12)
_Placed = ast.expr | ast.stmt | ast.excepthandler | ast.alias | ast.arg | ast.keyword


class ParseError(Exception):
    """The text is no Python. ``line`` counts from 1; None where the parser gave none."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True, eq=False)
class Parsed:
    """One file: its text, its tree, what its names mean and where its nodes stand."""

    text: str
    """The file's text without a byte order mark."""
    parsed: str
    """What the parser saw: ``text``, or the same in older words (``backport``)."""
    tree: ast.Module
    names: Names
    is_exact: bool = True
    """False: nodes inside of f-strings carry made-up positions."""

    @cached_property
    def _lines(self) -> Sequence[str]:
        return lines_of(self.text)

    @cached_property
    def _parsed_lines(self) -> Sequence[str]:
        return self._lines if self.parsed is self.text else lines_of(self.parsed)

    @cached_property
    def _is_ascii(self) -> bool:
        return self.parsed.isascii()

    def span(self, node: ast.AST) -> Span:
        """Where libcst's ``PositionProvider`` puts the same node.

        A compound statement ends with its last simple statement, without a semicolon after it.
        """
        assert isinstance(node, _Placed)
        last = _last_statement(node)
        assert isinstance(last, _Placed)
        assert last.end_lineno is not None
        assert last.end_col_offset is not None
        return (
            node.lineno,
            self._column(node.lineno, node.col_offset),
            last.end_lineno,
            self._column(last.end_lineno, last.end_col_offset),
        )

    def is_placed(self, node: ast.AST) -> bool:
        """Whether ``span`` is sure of the node: ``parse_roughly`` may not be."""
        return self.is_exact or not _is_in_fstring(self.names, node)

    def source(self, node: ast.AST) -> str:
        """The text of an expression, on one line and without comments."""
        line, column, end_line, end_column = self.span(node)
        if line == end_line:
            return self._lines[line - 1][column:end_column]
        parts = [self._lines[line - 1][column:], *self._lines[line : end_line - 1]]
        parts.append(self._lines[end_line - 1][:end_column])
        if self.parsed is self.text and any("#" in part for part in parts):
            return ast.unparse(node)
        joined = " ".join(part.strip() for part in parts)
        return re.sub(r"(?<=[(\[{]) |,? (?=[)\]}])", "", joined)

    def origins(self) -> Mapping[Span, str]:
        """The dotted origin of every name and dotted chain that stands for something imported."""
        found: dict[Span, str] = {}
        for use in self.names.uses(roots=None):
            node: ast.expr = use.node
            while isinstance(node, ast.Name | ast.Attribute):
                origin = self.names.resolve(node)
                if origin is not None:
                    found[self.span(node)] = origin
                if isinstance(node, ast.Name):
                    break
                node = node.value
        return found

    def _column(self, line: int, offset: int) -> int:
        """The column in characters of a byte offset."""
        if self._is_ascii:
            return offset
        text = self._parsed_lines[line - 1]
        return offset if text.isascii() else len(text.encode()[:offset].decode())


def parse(text: str, watch: Iterable[str] = ()) -> Parsed:
    """Parse a source text.

    Args:
        text: the decoded source, line endings as they are in the file.
        watch: attribute names to note on the way, see ``Names``.

    Raises:
        ParseError: the text is no Python that the running Python's parser or libcst knows.

    Guarantees: nothing is run; no warning about the source reaches the screen.
    """
    rough = parse_roughly(text, watch)
    if not rough.is_exact and _matters_in_fstring(rough.names):
        with suppress(SyntaxError):
            return _parse_backported(rough.text, frozenset(watch))
    return rough


def parse_roughly(text: str, watch: Iterable[str] = ()) -> Parsed:
    """As ``parse``, but before Python 3.12 nobody knows what stands where in an f-string.

    To know takes libcst, and hardly anybody asks: see ``Parsed.is_placed``.
    """
    text = text.removeprefix("\ufeff")
    if "\0" in text:
        raise ParseError("null bytes in the source", text.count("\n", 0, text.index("\0")) + 1)
    watched = frozenset(watch)
    try:
        tree = _ast_of(text)
    except SyntaxError as error:
        return _parse_newer(text, watched, error)
    return Parsed(text, text, tree, Names(tree, watched), _EXACT_IN_FSTRINGS)


def tree_of(text: str) -> ast.Module:
    """The tree alone, of what is in no need of exact positions.

    Raises:
        ParseError: as ``parse``.
    """
    try:
        return _ast_of(text.removeprefix("\ufeff"))
    except SyntaxError:
        return parse(text).tree


def _parse_newer(text: str, watch: frozenset[str], error: SyntaxError) -> Parsed:
    """What is not Python, or newer Python than the one that runs."""
    # libcst takes minutes over what is nested too deeply, and knows no other indentation.
    if not isinstance(error, IndentationError) and "too many nested" not in error.msg:
        with suppress(SyntaxError):
            return _parse_backported(text, watch)
    raise ParseError(error.msg, error.lineno) from error


def _parse_backported(text: str, watch: frozenset[str]) -> Parsed:
    from transforms.syntax import backport  # with libcst, which most files do without

    try:
        older = backport.same_positions(text)
    except backport.UnknownSyntaxError as error:
        raise SyntaxError(str(error)) from error
    tree = _ast_of(older)
    return Parsed(text, older, tree, Names(tree, watch))


def _ast_of(text: str) -> ast.Module:
    with warnings.catch_warnings():
        # Invalid escapes in the target's strings are not ours to complain about.
        warnings.simplefilter("ignore")
        try:
            return ast.parse(text)
        except (RecursionError, MemoryError) as error:
            raise ParseError("nested too deeply to be parsed") from error
        except ValueError as error:
            raise ParseError(str(error)) from error


def _matters_in_fstring(names: Names) -> bool:
    """Whether something that somebody may ask for stands inside an f-string."""
    wanted = [*(use.node for use in names.uses()), *names.watched]
    return any(_is_in_fstring(names, node) for node in wanted)


def _is_in_fstring(names: Names, node: ast.AST) -> bool:
    return any(isinstance(ancestor, ast.JoinedStr) for ancestor, _ in names.ancestors(node))


def _last_statement(node: ast.AST) -> ast.AST:
    """The simple statement that a compound one ends with; any other node is its own end."""
    while True:
        blocks = [
            getattr(node, name, None) for name in ("finalbody", "orelse", "handlers", "cases")
        ]
        blocks.append(getattr(node, "body", None))
        block = next((block for block in blocks if isinstance(block, list) and block), None)
        if block is None:
            return node
        node = block[-1]
