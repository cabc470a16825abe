"""A loop that tries again what failed: its parts, and what it does about a failure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import libcst as cst

from transforms.rule import Primitive
from transforms.syntax.bindings import Bindings
from transforms.syntax.frames import depends_on_frame
from transforms.syntax.loops import condition_of, jumps, rounds_of, statements
from transforms.syntax.pieces import one_line
from transforms.syntax.raising import raises_anew, stops_iteration
from transforms.syntax.retry_counting import (
    Body,
    Counter,
    counted_by_hand,
    is_steady,
    may_be_none,
    rounds_made,
)
from transforms.syntax.retry_counts import Sum, summed
from transforms.syntax.scopes import contains, walk
from transforms.syntax.source import Source

_Loop = cst.While | cst.For


@dataclass(frozen=True, kw_only=True, eq=False)
class Wait:
    """``await asyncio.sleep(seconds)``, a statement of its own."""

    primitive: Primitive
    seconds: cst.BaseExpression


@dataclass(frozen=True, kw_only=True, eq=False)
class RetryShape:
    """A retry loop, by its parts."""

    node: _Loop
    function: cst.FunctionDef
    counter: Counter | None
    total: Sum | None
    """How many attempts are made at most; None: no limit, or ``limit`` says it."""
    limit: str | None
    """The text of their number, where that may change meanwhile: ``range`` reads it once."""
    before: Body
    attempt: cst.Try
    handler: cst.ExceptHandler
    failing: Body
    """What is done about the failure: the handler, and what stands below where it leads there."""
    behind: Body
    """What follows the ``try`` where it did not fail."""
    waits: Mapping[cst.CSTNode, Wait]
    """By their statements."""

    @property
    def is_bounded(self) -> bool:
        return self.total is not None or self.limit is not None

    @property
    def otherwise(self) -> Body:
        """The statements of the loop's ``else``."""
        return () if self.node.orelse is None else statements(self.node.orelse.body)

    @property
    def succeeding(self) -> Body:
        """All that runs in an attempt that does not fail."""
        kept: list[cst.CSTNode] = [*self.before, *statements(self.attempt.body)]
        if self.attempt.orelse is not None:
            kept += statements(self.attempt.orelse.body)
        for each in self.attempt.handlers:
            kept += () if each is self.handler else statements(each.body)
        return (*kept, *self.behind)


def retry_shape(source: Source, node: _Loop) -> RetryShape | str:
    """The loop's parts, or the reason why it is left alone."""
    function = source.function(node)
    if not isinstance(function, cst.FunctionDef) or function.asynchronous is None:
        return "not-in-function"
    if contains(node, cst.Yield, inner_functions=False):
        return "yield-in-loop"
    if contains(function.body, cst.Yield, inner_functions=False):
        return "yield-in-loop"
    if depends_on_frame(node, function) or raises_anew([node]):
        return "frame-dependent"
    if stops_iteration(source, node, [node]):
        return "frame-dependent"
    body = statements(node.body)
    attempt = _attempt(body)
    if attempt is None:
        return "several-attempts"
    if attempt.finalbody is not None:
        return "finally-in-retry"
    before, below = _around(body, attempt)
    handler = _handler(attempt)
    if isinstance(handler, str):
        return handler
    falls = may_end(statements(handler.body))
    failing = (*statements(handler.body), *(below if falls else ()))
    behind = () if falls else below
    if reason := _goes_on(attempt, handler, behind, falls):
        return reason
    if _catches_cancellation(handler):
        return "catches-cancellation"
    waits = _waits(source, failing)
    if waits is None or not waits:
        return "several-waits"
    return _counted(source, node, function, before, attempt, handler, failing, behind, waits)


# --- parts ---------------------------------------------------------------------------------


def may_end(body: Sequence[cst.CSTNode]) -> bool:
    """Whether control may come to the end of the statements."""
    return Bindings(trusting=True).block(body, frozenset()) is not None


def _attempt(body: Body) -> cst.Try | None:
    """The one ``try`` of the loop's body whose failure leads to another round."""
    found = [each for each in body if isinstance(each, cst.Try) and each.handlers]
    if len(found) > 1:
        found = [each for each in found if _leads_on(each)]
    return found[0] if len(found) == 1 else None


def _leads_on(node: cst.Try) -> bool:
    return any(_repeats(each) for each in node.handlers) and not may_end(_success(node))


def _success(node: cst.Try) -> Body:
    rest = () if node.orelse is None else statements(node.orelse.body)
    return (*statements(node.body), *rest)


def _repeats(handler: cst.ExceptHandler) -> bool:
    body = statements(handler.body)
    ways = (jump.node for jump in jumps(body))
    return may_end(body) or any(isinstance(each, cst.Continue) for each in ways)


def _around(body: Body, attempt: cst.Try) -> tuple[Body, Body]:
    at = body.index(attempt)
    return body[:at], body[at + 1 :]


def _handler(attempt: cst.Try) -> cst.ExceptHandler | str:
    """The one handler that leads to another attempt."""
    found = [each for each in attempt.handlers if _repeats(each)]
    if len(found) != 1:
        return "several-handlers" if found else "no-retry"
    return found[0]


def _goes_on(attempt: cst.Try, handler: cst.ExceptHandler, behind: Body, falls: bool) -> str | None:
    """Why the loop is more than a retry: it goes on when nothing failed."""
    ends_open = may_end(_success(attempt))
    if falls and ends_open:
        return "goes-on-after-success"
    if not falls and ends_open and may_end(behind):
        return "goes-on-after-success"
    for each in attempt.handlers:
        if each is not handler and may_end(statements(each.body)):
            return "several-handlers"
    return None


def _catches_cancellation(handler: cst.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    names = {each.value for each in walk(handler.type) if isinstance(each, cst.Name)}
    return bool(names & {"BaseException", "CancelledError", "GeneratorExit", "KeyboardInterrupt"})


# --- waits ---------------------------------------------------------------------------------


def _waits(source: Source, failing: Body) -> dict[cst.CSTNode, Wait] | None:
    """The sleeps of a failing attempt; None if one of them is no statement of its own."""
    found: dict[cst.CSTNode, Wait] = {}
    inside = {node for each in failing for node in walk(each)}
    for primitive, call in source.free_of_kind("sleep"):
        if call not in inside:
            continue
        line = _line(source, call)
        if line is None or not isinstance(call, cst.Call) or len(call.args) != 1:
            return None
        (argument,) = call.args
        if argument.star or (argument.keyword and argument.keyword.value != "delay"):
            return None
        if contains(argument.value, cst.Await, cst.NamedExpr, cst.Yield):
            return None
        found[line] = Wait(primitive=primitive, seconds=argument.value)
    return found


def _line(source: Source, call: cst.CSTNode) -> cst.SimpleStatementLine | None:
    awaiting = source.parent(call)
    expr = source.parent(awaiting) if isinstance(awaiting, cst.Await) else None
    line = source.parent(expr) if isinstance(expr, cst.Expr) else None
    if isinstance(line, cst.SimpleStatementLine) and len(line.body) == 1:
        return line
    return None


# --- counting ------------------------------------------------------------------------------


def _counted(
    source: Source,
    node: _Loop,
    function: cst.FunctionDef,
    before: Body,
    attempt: cst.Try,
    handler: cst.ExceptHandler,
    failing: Body,
    behind: Body,
    waits: Mapping[cst.CSTNode, Wait],
) -> RetryShape | str:
    counter: Counter | None = None
    total: Sum | None = None
    limit: str | None = None
    if isinstance(node, cst.For):
        rounds = rounds_of(source, node)
        if rounds is None:
            return "works-through-items"
        counter = Counter(variable=rounds.variable, start=rounds.start, first=rounds.start)
        if rounds.stop is not None:
            if may_be_none(source, rounds.stop):
                return "arguments-unclear"
            found = summed(source, rounds.stop)
            if found is not None and is_steady(source, rounds.stop, node):
                total = found.less(rounds.start)
            else:
                limit = one_line(source, rounds.stop) if not rounds.start else None
                limit = limit if found is None else found.less(rounds.start).text
                if limit is None:
                    return "arguments-unclear"
    else:
        condition = condition_of(node)
        counter = counted_by_hand(source, node, function, before, failing)
        if condition is not None:
            found_total = None if counter is None else rounds_made(source, node, condition, counter)
            if found_total is None:
                return "retry-condition"
            total = found_total
    return RetryShape(
        node=node,
        function=function,
        counter=counter,
        total=total,
        limit=limit,
        before=before,
        attempt=attempt,
        handler=handler,
        failing=failing,
        behind=behind,
        waits=waits,
    )
