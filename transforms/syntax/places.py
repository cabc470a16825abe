"""Where the nodes of a file stand, found for those parts of it that somebody asks about.

libcst's ``PositionProvider`` takes longer than the parse. A module's statements are independent of
each other, so each is placed by itself, when a node in it is asked for, and moved to its line.
"""

from __future__ import annotations

import ast
import dataclasses
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

from transforms.syntax.parsed import Span

#: What a primitive's node may be; a statement or an expression around it may share its span.
PRIMITIVE_NODES = (cst.Call, cst.Name, cst.Attribute, cst.While, cst.For)


class Places:
    """Parents and positions of a module's nodes.

    ``tree`` is the same text as the standard library parses it. With it, the lines of statements
    are known without printing them, and members of a class are placed one by one, too.
    """

    def __init__(self, module: cst.Module, text: str, tree: ast.Module | None = None) -> None:
        self.text = text
        self._module = module
        self._spans: dict[cst.CSTNode, Span] = {}
        self._by_span: dict[Span, list[cst.CSTNode]] = {}
        self._parents: dict[cst.CSTNode, cst.CSTNode] = {}
        matched = Block.of(module.body, tree.body) if tree is not None else None
        self.top = matched or self._counted()
        self._members: dict[cst.CSTNode, Block | None] = {}
        self._placed: set[cst.CSTNode] = set()

    # parents

    def parent(self, node: cst.CSTNode) -> cst.CSTNode | None:
        """The node around ``node``; None for the module."""
        if node not in self._parents and node is not self._module:
            self._explore_all()
        return self._parents.get(node)

    def _explore_all(self) -> None:
        for child in children(self._module):
            if child not in self._parents:
                self._explore(child)

    def _explore(self, top: cst.CSTNode) -> None:
        parents = self._parents
        parents[top] = self._module
        stack = [top]
        while stack:
            node = stack.pop()
            for child in children(node):
                parents[child] = node
                stack.append(child)

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
            members = self.block_of(way[-1])
            if members is not None and len(way) > _MEMBER:
                self._place_member(way[-1], way[-1 - _MEMBER], members)
            if node not in self._spans:
                self._place(way[-1])
        return self._spans[node]

    def at(self, span: Span) -> Sequence[cst.CSTNode]:
        """The nodes of ``PRIMITIVE_NODES`` with this span."""
        statement = self.top.statement_at(span[0])
        if statement is None:
            return ()
        if statement not in self._parents:
            self._explore(statement)
        members = self.block_of(statement)
        member = members.statement_at(span[0]) if members is not None else None
        if members is None or member is None:
            self._place(statement)
        else:
            self._place_member(statement, member, members)
        return self._by_span.get(span, ())

    def block_of(self, statement: cst.CSTNode) -> Block | None:
        """The members of a top-level class, if they can be told apart by their lines."""
        if not isinstance(statement, cst.ClassDef):
            return None
        if statement not in self._members:
            same = self.top.same_as(statement)
            block = statement.body
            self._members[statement] = (
                Block.of(block.body, same.body)
                if isinstance(same, ast.ClassDef) and isinstance(block, cst.IndentedBlock)
                else None
            )
        return self._members[statement]

    def _place(self, statement: cst.CSTNode) -> None:
        if statement not in self._placed and statement in self.top.lines:
            self._placed.add(statement)
            alone = self._module.with_changes(body=[statement], header=[], footer=[])
            self._note(alone, statement, self.top.lines[statement])

    def _place_member(self, inside: cst.CSTNode, member: cst.CSTNode, members: Block) -> None:
        assert isinstance(inside, cst.ClassDef)
        if member in self._placed or inside in self._placed or member not in members.lines:
            return
        self._placed.add(member)
        block = inside.body.with_changes(body=[member], header=cst.TrailingWhitespace(), footer=[])
        around = cst.ClassDef(cst.Name("_"), block)
        alone = self._module.with_changes(body=[around], header=[], footer=[])
        self._note(alone, member, members.lines[member])

    def _note(self, alone: cst.Module, anchor: cst.CSTNode, line: int) -> None:
        found = MetadataWrapper(alone, unsafe_skip_copy=True).resolve(PositionProvider)
        above = line - found[anchor].start.line
        for node, place in found.items():
            if node in self._spans or node not in self._parents:
                continue  # placed before, or put there by us
            start, end = place.start, place.end
            span = (start.line + above, start.column, end.line + above, end.column)
            self._spans[node] = span
            if isinstance(node, PRIMITIVE_NODES):
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


#: So many steps lead from a member of a class to the class: by way of its block.
_MEMBER = 2


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
        firsts = tuple(
            min([each.lineno, *(one.lineno for one in getattr(each, "decorator_list", ()))])
            for each in found
        )
        lines = {node: each.lineno for node, each in zip(body, found, strict=True)}
        return cls(tuple(body), firsts, lines, tuple(found))

    def same_as(self, statement: cst.CSTNode) -> ast.stmt | None:
        index = self._index.get(statement)
        return self.same[index] if self.same and index is not None else None

    @cached_property
    def _index(self) -> dict[cst.CSTNode, int]:
        return {node: index for index, node in enumerate(self.statements)}

    def statement_at(self, line: int) -> cst.CSTNode | None:
        index = bisect_right(self.firsts, line) - 1
        return self.statements[index] if index >= 0 else None


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

    Much faster than ``node.children``, which asks each node to rebuild itself.
    """
    return _in_fields(node, _fields(node.__class__))


def parts(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """As ``children``, without whitespace, comments, punctuation and operators."""
    return _in_fields(node, _telling_fields(node.__class__))


def _in_fields(node: cst.CSTNode, names: tuple[str, ...]) -> Iterator[cst.CSTNode]:
    is_node = _IS_NODE
    for name in names:
        value = getattr(node, name)
        kind = value.__class__
        if kind is list or kind is tuple:
            for each in value:
                if is_node[each.__class__]:
                    yield each
        elif is_node[kind]:
            yield value


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
def _telling_fields(kind: type[cst.CSTNode]) -> tuple[str, ...]:
    return tuple(
        name
        for name in _fields(kind)
        if name not in _PUNCTUATION and not name.startswith("whitespace")
    )
