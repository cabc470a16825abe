"""Which waiting loops are polls: their rounds check something, and the check can end them."""

from __future__ import annotations

from collections.abc import Iterable

import libcst as cst

from transforms.syntax.checks import waits_first
from transforms.syntax.frames import depends_on_frame
from transforms.syntax.loops import WaitingLoop, statements
from transforms.syntax.raising import raises_anew, stops_iteration
from transforms.syntax.scopes import bound_here, contains, loaded, walk
from transforms.syntax.source import Source
from transforms.syntax.stability import is_constant

_RETRIES = frozenset({"conflict-retry", "rate-limit-retry"})
_LOGGING = frozenset(
    {"debug", "info", "warning", "warn", "error", "exception", "critical", "log", "print"}
)
_HARMLESS = _LOGGING | {"time", "monotonic", "perf_counter", "now", "utcnow", "min", "max", "len"}


def why_no_poll(source: Source, loop: WaitingLoop) -> str | None:
    """The reason for which the loop is left alone; None if it is a poll."""
    if isinstance(loop.node, cst.For) and loop.rounds is None:
        return "works-through-items"
    if _retries(source, loop.node):
        return "retry-loop"
    if _waits_for_event(loop):
        return "shutdown-loop"
    if reason := _checks_nothing(source, loop):
        return reason
    if contains(loop.node, cst.Yield, inner_functions=False):
        return "yield-in-loop"
    if depends_on_frame(loop.node, loop.function) or raises_anew([loop.node]):
        return "frame-dependent"
    if stops_iteration(source, loop.node, [loop.node]):
        return "frame-dependent"
    if any(isinstance(jump.node, cst.Continue) for jump in loop.jumps) and not waits_first(loop):
        return "continue-skips-wait"
    return None


def _retries(source: Source, node: cst.CSTNode) -> bool:
    found = (each for each in source.primitives if each.kind in _RETRIES)
    return any(source.node_of(each) is node for each in found)


def _waits_for_event(loop: WaitingLoop) -> bool:
    conditions: list[cst.CSTNode] = [] if loop.condition is None else [loop.condition]
    for node in (*loop.before, *loop.after):
        conditions += [each.test for each in walk(node) if isinstance(each, cst.If)]
    return any(
        isinstance(call, cst.Call) and _called(call) == "is_set"
        for condition in conditions
        for call in walk(condition)
    )


def _checks_nothing(source: Source, loop: WaitingLoop) -> str | None:
    ends = [jump for jump in loop.jumps if not isinstance(jump.node, cst.Continue)]
    if any(jump.is_tested for jump in ends):
        return None
    if loop.condition is not None:
        return None if _condition_checks(source, loop, loop.condition) else "worker-loop"
    if ends:
        return "retry-loop" if contains(loop.node, cst.Try) else "no-check"
    return "works-through-items" if loop.rounds is not None else "no-check"


def _condition_checks(source: Source, loop: WaitingLoop, condition: cst.BaseExpression) -> bool:
    """Whether the condition is a check: a call, or something that the rounds find out."""
    body = (*loop.before, *loop.after)
    if not any(_works(node) for node in body):
        return True
    if _found_out(source, body, condition):
        return True
    awaits = any(contains(node, cst.Await, inner_functions=False) for node in body)
    return not awaits and any(
        isinstance(node, cst.Call) and _called(node) not in _HARMLESS for node in walk(condition)
    )


def _works(node: cst.CSTNode) -> bool:
    """Whether a statement does more than to log, to count and to give up."""
    match node:
        case cst.If():
            gives_up = isinstance(_last(node.body), cst.Raise | cst.Return | cst.Break)
            parts = (node.test,) if gives_up else (node.test, *statements(node.body))
            return any(_works(part) for part in (*parts, *_given(node.orelse)))
        case cst.Raise():
            return False
        case cst.Await():
            return True
        case cst.Call() if _called(node) not in _HARMLESS:
            return True
    return any(_works(child) for child in node.children)


def _last(suite: cst.CSTNode) -> cst.CSTNode:
    *_, last = statements(suite)
    return _last(last) if isinstance(last, cst.SimpleStatementLine) else last


def _given(node: cst.CSTNode | None) -> tuple[cst.CSTNode, ...]:
    return () if node is None else (node,)


def _found_out(source: Source, body: Iterable[cst.CSTNode], condition: cst.BaseExpression) -> bool:
    """Whether a statement of the body sets what the condition asks for, not just counts it."""
    asked = {source.code(node) for node in walk(condition) if isinstance(node, cst.Attribute)}
    asked |= loaded(condition)
    for node in body:
        for each in walk(node, inner_functions=False):
            match each:
                case cst.Assign(targets=targets, value=value):
                    names = bound_here(each) | {source.code(target.target) for target in targets}
                    if names & asked and not is_constant(value) and not names & loaded(value):
                        return True
                case cst.AnnAssign(target=target) | cst.NamedExpr(target=target):
                    if source.code(target) in asked:
                        return True
    return False


def _called(call: cst.Call) -> str:
    match call.func:
        case cst.Attribute(attr=attr):
            return attr.value
        case cst.Name(value=value):
            return value
    return ""
