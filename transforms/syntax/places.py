"""Where the nodes of a file stand, found for those parts of it that somebody asks about.

libcst's ``PositionProvider`` takes longer than the parse. A module's statements are independent of
each other, so each is placed by itself, when a node in it is asked for, and moved to its line.
"""

from __future__ import annotations

import ast
import dataclasses
from bisect import bisect_right
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cache, cached_property
from operator import attrgetter

import libcst as cst
from libcst.metadata import CodeRange, PositionProvider

from transforms.syntax.lazy import LazyDefinition, first_line, indent_of, is_closed, words_of
from transforms.syntax.lines import lines_of
from transforms.syntax.parsed import Span

#: What a primitive's node may be; a statement or an expression around it may share its span.
PRIMITIVE_NODES = (cst.Call, cst.Name, cst.Attribute, cst.While, cst.For)


_Below = Callable[[cst.CSTNode], list[cst.CSTNode]]


class Places:
    """Parents and positions of a module's nodes.

    ``tree`` is the same text as the standard library parses it. With it, the lines of statements
    are known without printing them, and members of a class are placed one by one, too.
    """

    def __init__(self, module: cst.Module, text: str, tree: ast.Module | None = None) -> None:
        self.text = text
        self.lines: Sequence[str] = lines_of(text)
        self._module = module
        self._spans: dict[cst.CSTNode, Span] = {}
        self._by_span: dict[Span, list[cst.CSTNode]] = {}
        self._parents: dict[cst.CSTNode, cst.CSTNode] = {}
        self._closed: set[cst.CSTNode] = set()
        matched = Block.of(module.body, tree.body) if tree is not None else None
        self.top = matched or self._counted()
        self._blocks: dict[cst.CSTNode, Block | None] = {}
        self._asked: set[Span] = set()
        self._words_in: dict[cst.CSTNode, Set[str]] = {}
        self.answers: dict[Hashable, object] = {}
        """What was asked of the file before; see ``Source.once``."""
        self._placed: set[cst.CSTNode] = set()

    # parents

    def parent(self, node: cst.CSTNode) -> cst.CSTNode | None:
        """The node around ``node``; None for the module."""
        if node not in self._parents and node is not self._module:
            self._explore_all()
            if node not in self._parents:
                self._explore_all(children)
        return self._parents.get(node)

    def _explore_all(self, below: _Below | None = None) -> None:
        """With ``below``: also what has been explored, for the sake of what was left out."""
        for child in children(self._module):
            if below is not None or child not in self._parents:
                self._parents[child] = self._module
                self._explore(child, below or parts)
        self._explore_opened()

    def _explore_opened(self) -> None:
        """What was closed when its surroundings were explored."""
        opened = [block for block in self._closed if not is_closed(block)]
        self._closed.difference_update(opened)
        for block in opened:
            self._explore(block)

    def _explore(self, top: cst.CSTNode, below: _Below | None = None) -> None:
        """Note the parents of what stands below a node; rarely anybody asks for punctuation's."""
        below = below or parts
        parents = self._parents
        stack = [top]
        while stack:
            node = stack.pop()
            if is_closed(node):
                self._closed.add(node)
                if isinstance(node, LazyDefinition):
                    parents[node.name] = node
                continue
            for child in below(node):
                parents[child] = node
                stack.append(child)

    def walk(self, passing_over: Callable[[Set[str]], bool]) -> Iterator[cst.CSTNode]:
        """The nodes of the module, in source order, without punctuation and comments.

        Args:
            passing_over: says of a statement, by the words in it, that nothing of it is looked for.
        """
        return self._walked(self.top, passing_over)

    def _walked(
        self, block: Block, passing_over: Callable[[Set[str]], bool]
    ) -> Iterator[cst.CSTNode]:
        for index, statement in enumerate(block.statements):
            if passing_over(self._words(block, index)):
                continue
            is_class = isinstance(statement, cst.ClassDef)
            members = self.block_in(block, statement) if is_class else None
            if members is None:
                yield from _below(statement)
                continue
            yield statement
            for part in parts(statement):
                if not isinstance(part, cst.BaseSuite):
                    yield from _below(part)
            yield from self._walked(members, passing_over)

    def holding(self, word: str) -> Iterator[str]:
        """The texts of the module's statements in which the word stands."""
        for index in range(len(self.top.statements)):
            if word in self._words(self.top, index):
                yield self._text_of(self.top, index)

    def _words(self, block: Block, index: int) -> Set[str]:
        """The words on the lines of a statement."""
        statement = block.statements[index]
        if statement not in self._words_in:
            self._words_in[statement] = words_of(self._text_of(block, index))
        return self._words_in[statement]

    def _text_of(self, block: Block, index: int) -> str:
        end = block.firsts[index + 1] - 1 if index + 1 < len(block.firsts) else block.end
        return "\n".join(self.lines[block.firsts[index] - 1 : end])

    # positions

    def span(self, node: cst.CSTNode) -> Span:
        """Start line and column, end line and column.

        Raises: ``KeyError`` for the module itself and for what stands above its first statement
            or below its last.
        """
        if node not in self._spans:
            way = [node]
            while (parent := self.parent(way[-1])) is not None and parent is not self._module:
                way.append(parent)
            # The innermost first: it is short.
            for block, statement in reversed([*self._on(way)]):
                self._place(block, statement)
                if node in self._spans:
                    break
        return self._spans[node]

    def _on(self, way: Sequence[cst.CSTNode]) -> Iterator[tuple[Block, cst.CSTNode]]:
        """The statements on the way to a node, outermost first, each with its block."""
        block: Block | None = self.top
        holder: cst.CSTNode | None = None
        for node in reversed(way):
            if block is not None and node in block.lines:
                yield block, node
                holder = node
            elif block is not None and holder is not None and isinstance(node, cst.BaseSuite):
                block = self._block(block, holder, node)

    def at(self, span: Span) -> Sequence[cst.CSTNode]:
        """The nodes of ``PRIMITIVE_NODES`` with this span."""
        if span not in self._asked:
            self._asked.add(span)
            top = self.top.statement_at(span[0])
            if top is not None and top not in self._parents:
                self._parents[top] = self._module
                self._explore(top)
            found = self._innermost(span[0])
            if found is not None:
                self._place(*found)
        return self._by_span.get(span, ())

    def _innermost(self, line: int) -> tuple[Block, cst.CSTNode] | None:
        """The shortest statement on the line that can be placed, and its block."""
        block: Block | None = self.top
        found: tuple[Block, cst.CSTNode] | None = None
        while block is not None and (statement := block.statement_at(line)) is not None:
            found = block, statement
            suites = _suites(statement, block.same_as(statement))
            suite = next((suite for suite, twins in suites if _spans(twins, line)), None)
            block = None if suite is None else self._block(block, statement, suite)
        return found

    def block_in(self, block: Block, statement: cst.CSTNode) -> Block | None:
        """What is in a compound statement of a block, if it can be told apart by its lines."""
        body = getattr(statement, "body", None)
        return self._block(block, statement, body) if isinstance(body, cst.BaseSuite) else None

    def _block(self, block: Block, statement: cst.CSTNode, suite: cst.BaseSuite) -> Block | None:
        """What stands in a suite of a compound statement, if it can be told apart by its lines."""
        if suite not in self._blocks:
            twins = dict(_suites(statement, block.same_as(statement))).get(suite, ())
            is_matched = isinstance(suite, cst.IndentedBlock) and twins
            self._blocks[suite] = Block.of(suite.body, twins) if is_matched else None
        return self._blocks[suite]

    def _place(self, block: Block, statement: cst.CSTNode) -> None:
        """Note where the nodes of a statement stand."""
        if statement in self._placed:
            return
        self._placed.add(statement)
        line = block.lines[statement]
        body: Sequence[cst.CSTNode] = [statement]
        if block is not self.top:
            # Lines that go on in brackets count from the statement's own indentation.
            body = [_indented(statement, indent_of(self.lines[line - 1]))]
        found = Positions().of(self._module.with_changes(body=body, header=[], footer=[]))
        above = line - found[statement].start.line
        self._explore_opened()
        for node, place in found.items():
            if node in self._spans:
                continue  # by a shorter statement
            start, end = place.start, place.end
            span = (start.line + above, start.column, end.line + above, end.column)
            self._spans[node] = span
            if isinstance(node, PRIMITIVE_NODES) and node in self._parents:  # not put there by us
                self._by_span.setdefault(span, []).append(node)

    def _counted(self) -> Block:
        """The top-level statements and their lines, by printing all of them."""
        begin = 1 + len(self._module.header)
        firsts: list[int] = []
        lines: dict[cst.CSTNode, int] = {}
        for statement in self._module.body:
            above = [*getattr(statement, "leading_lines", ())]
            if decorators := getattr(statement, "decorators", ()):
                above += [*decorators, *getattr(statement, "lines_after_decorators", ())]
            firsts.append(begin)
            lines[statement] = begin + sum(
                _line_ends(self._module.code_for_node(each)) for each in above
            )
            begin += _line_ends(self._module.code_for_node(statement))
        return Block(tuple(self._module.body), tuple(firsts), lines)


def _below(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        stack.extend(reversed(parts(current)))


def _indented(statement: cst.CSTNode, indent: str) -> cst.ClassDef:
    suite = cst.IndentedBlock([], header=cst.TrailingWhitespace(), indent=indent)
    return cst.ClassDef(cst.Name("_"), suite.with_changes(body=[statement]))


class Positions(PositionProvider):
    """For a module of its own: ``MetadataWrapper`` walks over it once more, for no provider."""

    def of(self, module: cst.Module) -> Mapping[cst.CSTNode, CodeRange]:
        self._gen_impl(module)
        return self._computed  # type: ignore[return-value]  # lazy ones are of other providers


@dataclass(frozen=True)
class Block:
    """The statements of a block."""

    statements: tuple[cst.CSTNode, ...]
    firsts: tuple[int, ...]
    """The lines on which they begin, decorators included."""
    lines: Mapping[cst.CSTNode, int]
    """The lines on which they begin, decorators aside."""
    same: tuple[ast.stmt, ...] = ()
    """The same statements as the standard library has them, if it was asked."""
    end: int | None = None
    """The line on which the last one ends; None for the last one of the file."""

    @classmethod
    def of(cls, body: Sequence[cst.CSTNode], same: Sequence[ast.stmt]) -> Block | None:
        """None if the two cannot be matched one to one."""
        found: list[ast.stmt] = []
        end = 0
        for statement in same:
            if statement.lineno > end:  # else it follows a semicolon
                found.append(statement)
            end = statement.end_lineno or statement.lineno
        if len(found) != len(body):
            return None
        firsts = tuple(map(first_line, found))
        lines = {node: each.lineno for node, each in zip(body, found, strict=True)}
        return cls(tuple(body), firsts, lines, tuple(found), end)

    def same_as(self, statement: cst.CSTNode) -> ast.stmt | None:
        index = self._index.get(statement)
        return self.same[index] if self.same and index is not None else None

    @cached_property
    def _index(self) -> dict[cst.CSTNode, int]:
        return {node: index for index, node in enumerate(self.statements)}

    def statement_at(self, line: int) -> cst.CSTNode | None:
        index = bisect_right(self.firsts, line) - 1
        return self.statements[index] if index >= 0 else None


def _suites(
    statement: cst.CSTNode, same: ast.AST | None
) -> Iterator[tuple[cst.BaseSuite, Sequence[ast.stmt]]]:
    """The suites of a compound statement, with what the standard library has in them."""
    body = getattr(statement, "body", None)
    twins = getattr(same, "body", None)
    if isinstance(body, cst.BaseSuite) and isinstance(twins, list):
        yield body, twins
    for clause, other in _clauses(statement, same):
        yield from _suites(clause, other)
    for name in ("orelse", "finalbody"):
        last = getattr(statement, name, None)
        if isinstance(last, cst.Else | cst.Finally):
            yield last.body, getattr(same, name)


def _clauses(statement: cst.CSTNode, same: ast.AST | None) -> Iterator[tuple[cst.CSTNode, ast.AST]]:
    """``elif``, ``except`` and ``case``."""
    match statement, same:
        case cst.If(orelse=cst.If() as inner), ast.If(orelse=[ast.If() as other]):
            yield inner, other
        case ((cst.Try() | cst.TryStar()), (ast.Try() | ast.TryStar())):
            yield from zip(statement.handlers, same.handlers, strict=True)
        case cst.Match(), ast.Match():
            yield from zip(statement.cases, same.cases, strict=True)


def _spans(statements: Sequence[ast.stmt], line: int) -> bool:
    """Whether one of the statements, decorators included, stands on the line."""
    return first_line(statements[0]) <= line <= (statements[-1].end_lineno or line)


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


_Getter = Callable[[cst.CSTNode], tuple[object, ...]]


def _fields(kind: type[cst.CSTNode]) -> tuple[str, ...]:
    names = [each.name for each in dataclasses.fields(kind) if each.type is not str]
    first = _SOURCE_ORDER.get(kind, ())
    return (*first, *(name for name in names if name not in first))


def children(node: cst.CSTNode) -> list[cst.CSTNode]:
    """What is directly in ``node``; variables and statements in their order in the source.

    Much faster than ``node.children``, which asks each node to rebuild itself.
    """
    return _nodes_of(_all_fields(node.__class__)(node))


def parts(node: cst.CSTNode) -> list[cst.CSTNode]:
    """As ``children``, without whitespace, comments, punctuation and operators."""
    return _nodes_of(_telling_fields(node.__class__)(node))


def _nodes_of(values: tuple[object, ...]) -> list[cst.CSTNode]:
    # No generator: it is called for every node, several times.
    is_node = _IS_NODE
    found: list[cst.CSTNode] = []
    for value in values:
        kind = value.__class__
        if kind is list or kind is tuple:
            if value:
                found += [each for each in value if is_node[each.__class__]]  # type: ignore[attr-defined]
        elif is_node[kind]:
            found.append(value)  # type: ignore[arg-type]
    return found


class _IsNode(dict[type, bool]):
    """Whether a class is one of nodes; asked of the class itself, this takes ten times as long."""

    def __missing__(self, kind: type) -> bool:
        self[kind] = found = issubclass(kind, cst.CSTNode)
        return found


_IS_NODE = _IsNode()
_PUNCTUATION = frozenset(
    {"asynchronous", "colon", "comma", "dot", "empty_lines", "equal", "first_line", "footer"}
    | {"header", "indent", "lbrace", "lbracket", "leading_lines", "lines_after_decorators"}
    | {"lines_after_module", "lpar", "newline", "operator", "rbrace", "rbracket", "relative"}
    | {"rpar", "semicolon", "trailing_whitespace"}
)


@cache
def _all_fields(kind: type[cst.CSTNode]) -> _Getter:
    return _getter(_fields(kind))


@cache
def _telling_fields(kind: type[cst.CSTNode]) -> _Getter:
    return _getter(
        [
            name
            for name in _fields(kind)
            if name not in _PUNCTUATION and not name.startswith("whitespace")
        ]
    )


def _getter(names: Sequence[str]) -> _Getter:
    """Gets all fields at once."""
    if not names:
        return lambda _: ()
    get = attrgetter(*names)
    return get if len(names) > 1 else lambda node: (get(node),)
