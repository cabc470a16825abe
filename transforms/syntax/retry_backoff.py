"""The function that says how long to wait after a failed attempt."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass

import libcst as cst

from transforms.syntax.checks import fresh
from transforms.syntax.imports import variables as names_in
from transforms.syntax.layout import Item, Prefixed, render, statement
from transforms.syntax.pieces import pieces
from transforms.syntax.removal import has_pragmas
from transforms.syntax.retry_draft import Draft
from transforms.syntax.retry_ending import has_comment
from transforms.syntax.retry_errors import is_named_plainly
from transforms.syntax.retry_formula import transition_wait, upload_wait
from transforms.syntax.retry_writer import NO_LAMBDA, Writer, returned
from transforms.syntax.scopes import contains, loaded

_ASYNC = (cst.Await, cst.Asynchronous)


@dataclass(frozen=True, eq=False)
class Backoff:
    """Writes ``backoff``: a lambda, or a function of its own."""

    writer: Writer

    def written(self) -> tuple[cst.FunctionDef | None, tuple[Item, ...]]:
        """The function, if there is one, and the arguments that the operator is given."""
        draft = self.writer.draft
        body = self._body()
        counter = draft.shape.counter
        counted = counter.variable if counter is not None and draft.counts is None else None
        if counted is not None and not (isinstance(draft.shape.node, cst.For) or draft.dropped):
            counted = None
        read = frozenset().union(*(loaded(each) for each in body))
        uses_counter = counted is not None and counted in read
        uses_error = draft.error in read
        taken = names_in(draft.shape.function)
        number = fresh(taken, "n", "nth", "number") or "_n"
        value = self._only_value()
        if value is not None:
            known = self._known(value) if uses_counter else None
            if known is not None:
                return None, known
            said = self._lambda(value, counted if uses_counter else None, number, uses_error)
            return None, (Prefixed("backoff=", said),)
        first = counted if uses_counter and counted and not draft.offset else number
        lead = self.writer.declarations(draft.backoff_shares, draft.backoff_globals)
        uses_number = uses_counter
        if draft.placement == "next":
            uses_number = True
            lead.append(self.writer.choice(first, [*draft.wait.updates]))
        if uses_counter and draft.offset:
            lead.append(self.writer.line(f"{counted} = {number} + {draft.offset}"))
        lines: list[cst.CSTNode] = [*lead, *body]
        above = [cst.EmptyLine(comment=each) for each in gone_comments(draft)]
        if above:
            own = [x for x in getattr(lines[0], "leading_lines", ()) if x.comment is not None]
            lines[0] = lines[0].with_changes(leading_lines=[*above, *own])
        if draft.wait.falls:
            lines += draft.wait.below
            lines.append(self.writer.line("return PENDING"))
        name = self.writer.name("backoff", "wait", "pause")
        given = first if uses_number else _spare(read, "_", "_n", "_number")
        head = self._head(name, given, uses_error, lines)
        return self.writer.function(head, lines), (f"backoff={name}",)

    def _head(self, name: str, number: str, uses_error: bool, body: Sequence[cst.CSTNode]) -> str:
        draft = self.writer.draft
        word = (
            "async def"
            if any(contains(each, *_ASYNC, inner_functions=False) for each in body)
            else "def"
        )
        read = frozenset().union(*(loaded(each) for each in body)) | {number}
        error = draft.error if uses_error else _spare(read, "_", "_error", "_exc")
        if not self.writer.is_annotated:
            return f"{word} {name}({number}, {error}):"
        caught = draft.shape.handler.type
        kind = "Exception"
        is_plain = is_named_plainly(self.writer.source, caught)
        if caught is not None and is_plain and _names_class(caught):
            kind = self.writer.source.code(caught)
        return f"{word} {name}({number}: int, {error}: {kind}) -> float:"

    def _body(self) -> list[cst.CSTNode]:
        draft = self.writer.draft
        said = _Said(self)
        found: list[cst.CSTNode] = []
        for each in draft.wait.body:
            if _does_nothing(each):
                continue
            changed = said.of(each)
            found += self.waiting(each, changed)
        return found

    def waiting(self, original: cst.CSTNode, said: cst.CSTNode) -> list[cst.CSTNode]:
        """The line that says how long to wait, with what followed the wait in front of it."""
        draft = self.writer.draft
        updates = draft.wait.after.get(original, ())
        if draft.placement == "next" or not updates:
            return [said]
        if draft.placement == "before":
            return [*updates, said]
        assert isinstance(said, cst.SimpleStatementLine)
        value = returned(said)
        assert value is not None
        name = fresh(names_in(draft.shape.function), "pause", "seconds", "wait") or "_pause"
        taken = statement(f"{name} = 0", self.writer.source.module)
        assert isinstance(taken, cst.SimpleStatementLine)
        assignment = taken.body[0].with_changes(value=value)
        kept = said.with_changes(body=[assignment])
        return [kept, *updates, self.writer.line(f"return {name}")]

    def _only_value(self) -> cst.BaseExpression | None:
        """What ``backoff`` returns, if it does nothing else."""
        draft = self.writer.draft
        if (
            draft.wait.falls
            or (draft.placement == "next" and draft.wait.updates)
            or draft.backoff_shares | draft.backoff_globals
        ):
            return None
        steps = [each for each in draft.wait.body if not _does_nothing(each)]
        wait = draft.shape.waits.get(steps[-1]) if steps else None
        if wait is None or len(steps) > 2 or any(map(has_comment, steps)):
            return None
        value = wait.seconds
        if len(steps) == 2:
            match steps[0]:
                case cst.SimpleStatementLine(
                    body=[
                        cst.Assign(
                            targets=[cst.AssignTarget(target=cst.Name(value=name))], value=assigned
                        )
                    ]
                ) if isinstance(value, cst.Name) and value.value == name:
                    value = assigned
                case _:
                    return None
        if contains(value, *NO_LAMBDA) or self.writer.has_primitives(value):
            return None
        return value

    def _known(self, value: cst.BaseExpression) -> tuple[str, ...] | None:
        """The wait as numbers, if the operator reckons it in the same way."""
        words, shape = self.writer.site.words, self.writer.draft.shape
        find = transition_wait if words.errors == "conflict" else upload_wait
        return find(self.writer.source, shape, value)

    def _lambda(
        self, value: cst.BaseExpression, counted: str | None, number: str, uses_error: bool
    ) -> Item:
        draft = self.writer.draft
        blank = _spare(loaded(value), "_", "_unused", "_rest")
        first = blank
        if counted is not None:
            first = counted
            if draft.offset:
                changed = value.visit(_Counted(counted, number, draft.offset))
                assert isinstance(changed, cst.BaseExpression)
                value, first = changed, number
        error = draft.error if uses_error else blank
        heads = f"*{blank}" if first == error else f"{first}, {error}"
        plain = (
            value.with_changes(lpar=[], rpar=[])
            if len(value.lpar) == 1 and not isinstance(value, cst.Tuple | cst.GeneratorExp)
            else value
        )
        if "\n" in self.writer.source.code(plain):
            plain = value
        return Prefixed(f"lambda {heads}: ", pieces(self.writer.source, plain))


def _spare(read: Set[str], *names: str) -> str:
    """A name for what is not used, which the code does not read: ``_`` may translate texts."""
    return fresh(read, *names) or f"{names[-1]}_"


def gone_comments(draft: Draft) -> list[cst.Comment]:
    """What is said about the handler, where the handler itself goes."""
    handler = draft.shape.handler
    if draft.signals or any(each not in draft.dropped for each in draft.plan.prefix):
        return []
    found = [line.comment for line in handler.leading_lines if line.comment is not None]
    header = handler.body.header.comment if isinstance(handler.body, cst.IndentedBlock) else None
    found += [] if header is None else [header]
    return [] if any(map(has_pragmas, found)) else found


def _names_class(node: cst.CSTNode) -> bool:
    """Whether it is written as classes are: a tuple of them is ``RETRYABLE_ERRORS``."""
    word = node.attr if isinstance(node, cst.Attribute) else node
    return isinstance(word, cst.Name) and not word.value.isupper() and word.value[:1].isupper()


def _does_nothing(node: cst.CSTNode) -> bool:
    match node:
        case cst.SimpleStatementLine(body=[cst.Pass()]):
            return not has_comment(node)
    return False


class _Said(cst.CSTTransformer):
    """Says by ``return`` how long to wait, and by the error's name what to raise."""

    def __init__(self, backoff: Backoff) -> None:
        super().__init__()
        self._backoff = backoff
        self._handlers = 0
        self._loops = 0

    def of(self, node: cst.CSTNode) -> cst.CSTNode:
        changed = node.visit(self)
        assert isinstance(changed, cst.CSTNode)
        return changed

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool:
        return False

    def visit_ClassDef(self, node: cst.ClassDef) -> bool:
        return False

    def visit_ExceptHandler(self, node: cst.ExceptHandler) -> None:
        self._handlers += 1

    def leave_ExceptHandler(
        self, original_node: cst.ExceptHandler, updated_node: cst.ExceptHandler
    ) -> cst.ExceptHandler:
        self._handlers -= 1
        return updated_node

    def visit_While(self, node: cst.While) -> None:
        self._loops += 1

    def leave_While(self, original_node: cst.While, updated_node: cst.While) -> cst.While:
        self._loops -= 1
        return updated_node

    def visit_For(self, node: cst.For) -> None:
        self._loops += 1

    def leave_For(self, original_node: cst.For, updated_node: cst.For) -> cst.For:
        self._loops -= 1
        return updated_node

    def leave_Raise(self, original_node: cst.Raise, updated_node: cst.Raise) -> cst.Raise:
        if updated_node.exc is not None or self._handlers:
            return updated_node
        error = cst.Name(self._backoff.writer.draft.error)
        return updated_node.with_changes(
            exc=error, whitespace_after_raise=cst.SimpleWhitespace(" ")
        )

    def leave_Continue(
        self, original_node: cst.Continue, updated_node: cst.Continue
    ) -> cst.BaseSmallStatement:
        if self._loops:
            return updated_node
        return cst.Return(cst.Name("PENDING"), semicolon=updated_node.semicolon)

    def leave_Break(
        self, original_node: cst.Break, updated_node: cst.Break
    ) -> cst.BaseSmallStatement:
        if self._loops:
            return updated_node
        return cst.Return(cst.Name("PENDING"), semicolon=updated_node.semicolon)

    def leave_SimpleStatementLine(
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> cst.SimpleStatementLine:
        wait = self._backoff.writer.draft.shape.waits.get(original_node)
        if wait is None:
            return updated_node
        source = self._backoff.writer.source
        text = render(
            Prefixed("return ", pieces(source, wait.seconds)),
            margin=source.span(self._backoff.writer.draft.shape.node)[1] + 4,
            before=0,
            after=0,
            width=source.line_length,
            indent=self._backoff.writer.indent,
        )
        line = statement(text, source.module)
        assert isinstance(line, cst.SimpleStatementLine)
        return updated_node.with_changes(body=line.body)

    def leave_IndentedBlock(
        self, original_node: cst.IndentedBlock, updated_node: cst.IndentedBlock
    ) -> cst.IndentedBlock:
        # Behind a wait there may be a `continue`, which says nothing more.
        body = list(updated_node.body)
        for at, each in enumerate(original_node.body):
            if each in self._backoff.writer.draft.shape.waits:
                return updated_node.with_changes(
                    body=[*body[:at], *self._backoff.waiting(each, body[at])]
                )
        return updated_node


class _Counted(cst.CSTTransformer):
    """Says the number of the attempt, from 0, where the counter counted from somewhere else."""

    def __init__(self, counter: str, number: str, offset: int) -> None:
        super().__init__()
        self._counter = counter
        self._number = number
        self._offset = offset

    def visit_BinaryOperation(self, node: cst.BinaryOperation) -> bool:
        return self._shifted(node) is None

    def leave_BinaryOperation(
        self, original_node: cst.BinaryOperation, updated_node: cst.BinaryOperation
    ) -> cst.BaseExpression:
        shifted = self._shifted(original_node)
        if shifted is not None:
            return shifted
        sides = (updated_node.left, updated_node.right)
        if isinstance(updated_node.operator, cst.Power):
            gap = cst.SimpleWhitespace("" if all(map(_is_simple, sides)) else " ")
            power = cst.Power(whitespace_before=gap, whitespace_after=gap)
            return updated_node.with_changes(operator=power)
        return updated_node

    def _shifted(self, node: cst.BinaryOperation) -> cst.BaseExpression | None:
        """``attempt - 1`` as ``n``."""
        match node:
            case cst.BinaryOperation(
                left=cst.Name(value=name), operator=cst.Subtract(), right=cst.Integer() as right
            ) if name == self._counter:
                return self._said(self._offset - right.evaluated_value)
            case cst.BinaryOperation(
                left=cst.Name(value=name), operator=cst.Add(), right=cst.Integer() as right
            ) if name == self._counter:
                return self._said(self._offset + right.evaluated_value)
        return None

    def _said(self, more: int) -> cst.BaseExpression:
        if not more:
            return cst.Name(self._number)
        sign = "+" if more > 0 else "-"
        return cst.parse_expression(f"({self._number} {sign} {abs(more)})")

    def visit_Attribute(self, node: cst.Attribute) -> bool:
        return not (isinstance(node.value, cst.Name) and node.value.value != self._counter)

    def visit_Arg_keyword(self, node: cst.Arg) -> None:
        return None

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.BaseExpression:
        return self._said(self._offset) if updated_node.value == self._counter else updated_node


def _is_simple(node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.Name | cst.Integer | cst.Float) or (
        isinstance(node, cst.Attribute) and _is_simple(node.value)
    )
