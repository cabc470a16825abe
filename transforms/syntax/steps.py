"""Statements as steps of a pipeline: functions inside the function that they stood in."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import libcst as cst

from transforms.syntax.flow import Flow, captured
from transforms.syntax.layout import Call, Item, Pipe, Prefixed, render, statement
from transforms.syntax.pieces import argument, one_line, pieces
from transforms.syntax.scopes import contains, walk
from transforms.syntax.source import Source

Statement = cst.SimpleStatementLine | cst.BaseCompoundStatement
_Node = TypeVar("_Node", bound=cst.CSTNode)
_Inner = cst.FunctionDef | cst.Lambda | cst.ClassDef


# --- questions -----------------------------------------------------------------------------


def awaits(nodes: Iterable[cst.CSTNode]) -> bool:
    """Whether the code has to stand in an ``async def``."""
    return any(
        isinstance(each, cst.Await | cst.Asynchronous)
        for node in nodes
        if not isinstance(node, cst.FunctionDef)
        for each in _own(node)
    )


def reads(nodes: Iterable[cst.CSTNode]) -> frozenset[str]:
    """The variables that the code takes from outside, at once or later on."""
    nodes = list(nodes)
    flow = Flow()
    flow.run(nodes)
    return captured(nodes) | flow.exposed


def returns(nodes: Iterable[cst.CSTNode]) -> bool:
    """Whether the code has a ``return`` of its own."""
    return any(contains(node, cst.Return, inner_functions=False) for node in nodes)


def returns_value(nodes: Iterable[cst.CSTNode]) -> bool:
    """Whether the code has a ``return`` with a value."""
    return any(
        isinstance(each, cst.Return) and each.value is not None
        for node in nodes
        for each in walk(node, inner_functions=False)
    )


def has_comment(node: cst.CSTNode) -> bool:
    return contains(node, cst.Comment)


def _own(node: cst.CSTNode) -> Iterable[cst.CSTNode]:
    """The node and what is below it, less inner functions (their ``async`` is their own)."""
    yield node
    stack = list(node.children)
    while stack:
        current = stack.pop()
        if not isinstance(current, _Inner):
            yield current
            stack.extend(current.children)


# --- pieces of statements ------------------------------------------------------------------


def without_gap(node: _Node) -> _Node:
    """The first statement of a block: no blank lines above it."""
    lines = list(getattr(node, "leading_lines", ()))
    while lines and lines[0].comment is None:
        del lines[0]
    return node.with_changes(leading_lines=lines)


def with_gap(node: _Node) -> _Node:
    """A statement with a blank line above it."""
    lines = tuple(getattr(node, "leading_lines", ()))
    if lines and lines[0].comment is None:
        return node
    return node.with_changes(leading_lines=[cst.EmptyLine(indent=False), *lines])


def emitted(source: Source, node: cst.BaseExpression) -> Item:
    """An expression as an item, pipelines that other rules wrote included."""
    if _in_parentheses(node) and not isinstance(node, cst.GeneratorExp):
        return one_line(source, node)
    match node:
        case cst.Await(expression=expression):
            return Prefixed("await ", emitted(source, expression))
        case cst.Lambda(params=params, body=body):
            names = one_line(source, params)
            return Prefixed(f"lambda {names}: " if names else "lambda: ", emitted(source, body))
        case cst.Call(func=cst.Attribute(value=cst.Call() as piped, attr=cst.Name(value="pipe"))):
            stages = tuple(emitted_argument(source, each) for each in node.args)
            return Pipe(emitted(source, piped), stages)
        case cst.Call(func=func, args=args):
            return Call(
                one_line(source, func), tuple(emitted_argument(source, each) for each in args)
            )
    return pieces(source, node)


def _in_parentheses(node: cst.BaseExpression) -> bool:
    return bool(getattr(node, "lpar", None))


def emitted_argument(source: Source, arg: cst.Arg) -> Item:
    """An argument as an item, with its star or its keyword."""
    if arg.keyword is not None or arg.star:
        return argument(source, arg)
    return emitted(source, arg.value)


class _GivesObservables(cst.CSTTransformer):
    """``return x`` becomes ``return rx.of(x)``, in the step's own code."""

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool:
        return False

    def visit_Lambda(self, node: cst.Lambda) -> bool:
        return False

    def leave_Return(self, original_node: cst.Return, updated_node: cst.Return) -> cst.Return:
        value = updated_node.value or cst.Name("None")
        call = cst.Call(func=cst.Attribute(cst.Name("rx"), cst.Name("of")), args=[_as_arg(value)])
        is_tuple = isinstance(value, cst.Tuple | cst.GeneratorExp)
        if value.lpar and not is_tuple:
            inside = value.with_changes(lpar=value.lpar[1:], rpar=value.rpar[:-1])
            call = call.with_changes(
                args=[cst.Arg(inside, whitespace_after_arg=value.rpar[-1].whitespace_before)],
                whitespace_before_args=value.lpar[0].whitespace_after,
            )
        space = cst.SimpleWhitespace(" ")
        return updated_node.with_changes(value=call, whitespace_after_return=space)


def _as_arg(value: cst.BaseExpression) -> cst.Arg:
    if isinstance(value, cst.Tuple) and not value.lpar:
        value = value.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    return cst.Arg(value)


def giving_observables(nodes: Sequence[_Node]) -> list[_Node]:
    """The statements of a step, each value that they return as an observable of its own."""
    return [node.visit(_GivesObservables()) for node in nodes]  # type: ignore[misc]


# --- laying out ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Writer:
    """Writes statements for one file, at a column."""

    source: Source

    @property
    def indent(self) -> str:
        return self.source.module.default_indent

    def line(
        self, head: str, item: Item, margin: int, instead_of: cst.CSTNode | None = None
    ) -> cst.SimpleStatementLine:
        """``head`` and the item, as one statement at column ``margin``.

        It takes over the comments of the statement that it stands ``instead_of``.
        """
        trailing = getattr(instead_of, "trailing_whitespace", None)
        comment = self.source.code(trailing).rstrip() if trailing is not None else ""
        text = render(
            item,
            margin=margin,
            before=len(head),
            after=len(comment),
            width=self.source.line_length,
            indent=self.indent,
        )
        written = statement(head + text, self.source.module)
        assert isinstance(written, cst.SimpleStatementLine)
        if not isinstance(instead_of, cst.SimpleStatementLine):
            return written
        return written.with_changes(
            leading_lines=instead_of.leading_lines,
            trailing_whitespace=instead_of.trailing_whitespace,
        )

    def function(
        self,
        name: str,
        param: str,
        returned: str,
        body: Sequence[cst.CSTNode],
        margin: int,
    ) -> cst.FunctionDef:
        """A step: ``async`` where it awaits, its lines broken anew where they became too long.

        ``param`` and ``returned`` carry their annotations: ``found: list[str]``, `` -> None``.
        """
        inner = margin + len(self.indent)
        lines = [self.fitting(each, inner) for each in body]
        lines[0] = without_gap(lines[0])
        word = "async def" if awaits(lines) else "def"
        head = f"{word} {name}({param}){returned}:"
        if margin + len(head) > self.source.line_length:
            head = f"{word} {name}(\n{self.indent}{param},\n){returned}:"
        made = statement(f"{head}\n{self.indent}pass\n", self.source.module)
        assert isinstance(made, cst.FunctionDef)
        return made.with_changes(body=made.body.with_changes(body=lines))

    # lines that moved to the right

    def fitting(self, node: _Node, margin: int) -> _Node:
        """The statement at column ``margin``, simple lines in it broken anew if they must."""
        if isinstance(node, cst.SimpleStatementLine):
            return self._fitting_line(node, margin)  # type: ignore[return-value]
        return node.visit(_Refit(self, margin))  # type: ignore[return-value]

    def _fitting_line(self, node: cst.SimpleStatementLine, margin: int) -> cst.SimpleStatementLine:
        if len(node.body) != 1 or has_comment(node.body[0]) or not self._too_long(node, margin):
            return node
        (small,) = node.body
        value = getattr(small, "value", None)
        if not isinstance(value, cst.BaseExpression) or _in_parentheses(value):
            return node
        if not isinstance(small, cst.Expr | cst.Assign | cst.AnnAssign | cst.Return):
            return node
        code = self.source.code(small)
        head = code[: len(code) - len(self.source.code(value))]
        if "\n" in head or not code.endswith(self.source.code(value)):
            return node
        written = self.line(head, emitted(self.source, value), margin)
        if not _means_the_same(code, self.source.code(written.body[0])):
            return node
        return node.with_changes(body=written.body)

    def _too_long(self, node: cst.SimpleStatementLine, margin: int) -> bool:
        bare = node.with_changes(leading_lines=[])
        return any(
            margin + len(line) > self.source.line_length
            for line in self.source.code(bare).splitlines()
        )


class _Refit(cst.CSTTransformer):
    """Breaks simple lines anew below one compound statement."""

    def __init__(self, writer: Writer, margin: int) -> None:
        super().__init__()
        self._writer = writer
        self._margin = margin

    def visit_IndentedBlock(self, node: cst.IndentedBlock) -> None:
        self._margin += len(self._writer.indent)

    def leave_IndentedBlock(
        self, original_node: cst.IndentedBlock, updated_node: cst.IndentedBlock
    ) -> cst.IndentedBlock:
        self._margin -= len(self._writer.indent)
        return updated_node

    def leave_SimpleStatementLine(
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> cst.SimpleStatementLine:
        return self._writer.fitting(updated_node, self._margin)


def _means_the_same(before: str, after: str) -> bool:
    def tree(code: str) -> str:
        return ast.dump(ast.parse(f"async def _():\n {code}"))

    try:
        return tree(before) == tree(after)
    except SyntaxError:
        return False
