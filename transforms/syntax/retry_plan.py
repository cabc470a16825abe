"""What of a failing attempt stays in it, and what says how long to wait.

The operator raises the error itself when no attempt is left (a *plain* plan), or gives a value
for it. Of several ways to cut the handler in two, the first that keeps every variable is taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import libcst as cst

from transforms.syntax.constants import number
from transforms.syntax.loops import jumps, statements
from transforms.syntax.retry_counting import Body, is_bound_steady
from transforms.syntax.retry_counts import Sum, compared, holds_last_only, reached_after
from transforms.syntax.retry_front import Front, front, tests_in
from transforms.syntax.retry_shape import RetryShape, Wait, may_end
from transforms.syntax.scopes import bound_here, contains, loaded, walk
from transforms.syntax.source import Source
from transforms.syntax.steady import keeps_its_value

_ARITHMETIC = frozenset({"abs", "float", "int", "max", "min", "round"})
_LOGGERS = frozenset({"log", "logger", "logging", "_log", "_logger", "LOG", "LOGGER", "print"})
_TRACEBACKS = frozenset({"exc_info", "exception", "format_exc", "print_exc", "stack_info"})


@dataclass(frozen=True, kw_only=True, eq=False)
class Plan:
    """A handler, cut in two."""

    prefix: Body
    """What stays in the attempt's handler."""
    waiting: Body
    """What decides how long to wait, up to the wait and what is done below it."""
    plain: bool
    """With no attempt left, the error itself is raised."""
    total: Sum | None
    """How many attempts are made at most, if that is a sum."""
    tries_once: bool = False
    """At least one attempt is made, however few are allowed."""


def plans(source: Source, shape: RetryShape) -> Iterator[Plan]:
    """The ways to cut the handler, the nicest first."""
    found = front(shape)
    steps = found.steps if found is not None else ()
    guards = [n for n, each in enumerate(steps) if _says_last(source, shape, each) is not None]
    if found is not None and guards:
        yield from _plain(source, shape, found, guards[0])
    if not _returns(shape.failing):
        yield Plan(prefix=(), waiting=shape.failing, plain=not shape.is_bounded, total=shape.total)
    if found is None:
        return
    for at, step in enumerate(steps, start=1):
        if any(isinstance(jump.node, cst.Continue) for jump in jumps([step])):
            return
        waiting = (*steps[at:], *found.rest)
        if not _returns(waiting):
            never_ends = not shape.is_bounded
            has_guard = any(n < at for n in guards) or never_ends
            yield Plan(prefix=steps[:at], waiting=waiting, plain=has_guard, total=shape.total)


def _plain(source: Source, shape: RetryShape, found: Front, at: int) -> Iterator[Plan]:
    guard = found.steps[at]
    if not isinstance(guard, cst.If) or not _only_raises(guard, shape.handler):
        return
    total = _says_last(source, shape, guard)
    waiting = (*found.steps[at + 1 :], *found.rest)
    if not _returns(waiting):
        yield Plan(
            prefix=found.steps[:at],
            waiting=waiting,
            plain=True,
            total=total,
            tries_once=not shape.is_bounded,
        )


def _only_raises(guard: cst.If, handler: cst.ExceptHandler) -> bool:
    """``if …: raise``, or the same with the name of the error."""
    match statements(guard.body):
        case (cst.SimpleStatementLine(body=[cst.Raise(cause=None, exc=exc)]),) | (
            cst.Raise(cause=None, exc=exc),
        ):
            if exc is None:
                return True
            name = handler.name.name if handler.name is not None else None
            return (
                isinstance(exc, cst.Name) and isinstance(name, cst.Name) and exc.value == name.value
            )
    return False


def _says_last(source: Source, shape: RetryShape, step: cst.CSTNode) -> Sum | None:
    """The number of attempts, if the step is a guard that ends the last one."""
    tests = tests_in([step])
    if len(tests) != 1 or not isinstance(step, cst.If) or may_end(statements(step.body)):
        return None
    if any(isinstance(jump.node, cst.Continue | cst.Break) for jump in jumps([step.body])):
        return None
    return _asks_last(source, shape, tests[0])


def _asks_last(source: Source, shape: RetryShape, test: cst.BaseExpression) -> Sum | None:
    """The number of attempts, if the test holds in the last one and in no other."""
    counter = shape.counter
    if counter is None or counter.first is None:
        return None
    found = compared(source, test, counter.variable)
    if found is None or not is_bound_steady(source, test, counter, shape.node):
        return None
    if shape.total is not None:
        last = Sum(shape.total.terms, shape.total.constant + counter.first - 1)
        return shape.total if holds_last_only(found, last) else None
    if shape.limit is not None:
        return None
    return reached_after(found, counter.first)


def breaks_last(source: Source, shape: RetryShape, body: Iterable[cst.CSTNode]) -> bool:
    """Whether each ``break`` ends the last attempt, and so ends what has ended."""
    for step in body:
        breaks = [jump for jump in jumps([step]) if isinstance(jump.node, cst.Break)]
        tests = tests_in([step])
        if breaks and (
            shape.otherwise
            or not shape.is_bounded
            or len(tests) != 1
            or _asks_last(source, shape, tests[0]) is None
        ):
            return False
    return True


def _returns(body: Iterable[cst.CSTNode]) -> bool:
    return any(isinstance(jump.node, cst.Return) for jump in jumps(body))


# --- the wait as a result ------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, eq=False)
class Waiting:
    """What ``backoff`` does."""

    body: tuple[cst.CSTNode, ...]
    """Its waits are statements that the shape knows; they become ``return``."""
    updates: Body
    """What is done when the wait is over."""
    falls: bool
    """Whether it may come to its end, and wait for nothing."""
    below: Body = ()
    """Those of the updates that are done there as well."""
    after: Mapping[cst.CSTNode, Body] = field(default_factory=dict)
    """By the wait, those that are done when it is over: none in front of a ``continue``."""

    @property
    def always_waits(self) -> bool:
        """Whether no failing attempt that leads to another one goes past the wait."""
        ways = (jump.node for jump in jumps(self.body))
        return not self.falls and not any(isinstance(each, cst.Continue) for each in ways)

    @property
    def may_pass(self) -> bool:
        """Whether a failing attempt may be left without a wait and without an error."""
        return self.falls or any(
            isinstance(jump.node, cst.Break | cst.Continue) for jump in jumps(self.body)
        )

    def without(self, dropped: Body) -> Waiting:
        """The same less some statements."""

        def kept(body: Body) -> Body:
            return tuple(each for each in body if each not in dropped)

        return Waiting(
            body=kept(self.body),
            updates=kept(self.updates),
            falls=self.falls,
            below=kept(self.below),
            after={wait: kept(body) for wait, body in self.after.items()},
        )


def waiting(source: Source, shape: RetryShape, body: Body) -> Waiting | str:
    """The statements in front of the wait; the reason if more than counting follows it."""
    kept: list[cst.CSTNode] = []
    for at, each in enumerate(body):
        kept.append(each)
        if not any(node in shape.waits for node in walk(each)):
            continue
        nested: list[cst.CSTNode] = []
        if not _ends_with_waits(each, shape, nested):
            return "work-after-wait"
        if not _goes_on_below(each, shape):
            if nested:
                return "work-after-wait"
            continue
        below = tuple(line for line in body[at + 1 :] if not _continues(line))
        updates = (*nested, *below)
        if any(not _counts(source, line, shape) for line in updates):
            return "work-after-wait"
        ended = {wait: tuple(nested) for wait in walk(each) if wait in shape.waits}
        ended |= dict.fromkeys(_reaching((each,), shape), updates)
        falls = _falls(each, shape)
        return Waiting(body=tuple(kept), updates=updates, falls=falls, below=below, after=ended)
    return Waiting(body=tuple(kept), updates=(), falls=_may_end(kept, shape))


def _continues(line: cst.CSTNode) -> bool:
    match line:
        case cst.SimpleStatementLine(body=[cst.Continue() | cst.Pass()]):
            return True
    return False


def _ends_with_waits(node: cst.CSTNode, shape: RetryShape, nested: list[cst.CSTNode]) -> bool:
    """Whether nothing but ``continue`` follows the waits inside a choice.

    What follows the one wait of a choice without an alternative is put into ``nested``.
    """
    if node in shape.waits:
        return True
    if not isinstance(node, cst.If):
        return False
    waits = [each for each in walk(node) if each in shape.waits]
    sides = [statements(node.body)]
    match node.orelse:
        case cst.If():
            sides.append((node.orelse,))
        case cst.Else():
            sides.append(statements(node.orelse.body))
    for side in sides:
        for at, each in enumerate(side):
            if not any(inner in shape.waits for inner in walk(each)):
                continue
            if not _ends_with_waits(each, shape, nested):
                return False
            if not _goes_on_below(each, shape):
                continue
            below = [line for line in side[at + 1 :] if not _continues(line)]
            if below and (len(waits) > 1 or each not in shape.waits):
                return False
            nested += below
    return True


def _reaching(body: Body, shape: RetryShape) -> Iterator[cst.CSTNode]:
    """The waits behind which control may come to the end of the statements."""
    for at, each in enumerate(body):
        if not any(node in shape.waits for node in walk(each)) or not may_end(body[at + 1 :]):
            continue
        if not isinstance(each, cst.If):
            yield each
            continue
        yield from _reaching(statements(each.body), shape)
        match each.orelse:
            case cst.If():
                yield from _reaching((each.orelse,), shape)
            case cst.Else():
                yield from _reaching(statements(each.orelse.body), shape)


def _goes_on_below(node: cst.CSTNode, shape: RetryShape) -> bool:
    """Whether what stands below the statement runs when a wait in it is over."""
    if node in shape.waits:
        return True
    assert isinstance(node, cst.If)
    sides = [statements(node.body)]
    match node.orelse:
        case cst.If():
            sides.append((node.orelse,))
        case cst.Else():
            sides.append(statements(node.orelse.body))
    return any(
        may_end(side) for side in sides if any(x in shape.waits for s in side for x in walk(s))
    )


def _falls(node: cst.CSTNode, shape: RetryShape) -> bool:
    """Whether a choice that waits may also be passed without a wait."""
    return _may_end([node], shape)


def _may_end(body: Iterable[cst.CSTNode], shape: RetryShape) -> bool:
    """Whether the statements may come to their end if a wait is a ``return``."""
    for each in body:
        if each in shape.waits:
            return False
        if isinstance(each, cst.If) and any(node in shape.waits for node in walk(each)):
            other: Body = ()
            match each.orelse:
                case cst.If():
                    other = (each.orelse,)
                case cst.Else():
                    other = statements(each.orelse.body)
            if not _may_end(statements(each.body), shape) and (
                each.orelse is not None and not _may_end(other, shape)
            ):
                return False
        elif not may_end([each]):
            return False
    return True


def _counts(source: Source, line: cst.CSTNode, shape: RetryShape) -> bool:
    """Whether the line only reckons with numbers that nobody else changes."""
    match line:
        case cst.If(test=test, body=body, orelse=None):
            lines = statements(body)
            return _compares(source, test, shape) and all(
                _counts(source, each, shape) for each in lines
            )
        case cst.SimpleStatementLine(
            body=[
                cst.Assign(targets=[cst.AssignTarget(target=cst.Name())], value=value)
                | cst.AugAssign(target=cst.Name(), value=value)
            ]
        ):
            return _reckons(source, value, shape)
    return False


def _compares(source: Source, test: cst.BaseExpression, shape: RetryShape) -> bool:
    match test:
        case cst.UnaryOperation(operator=cst.Not(), expression=inner):
            return _compares(source, inner, shape)
        case cst.Comparison(left=left, comparisons=[target]):
            return _reckons(source, left, shape) and _reckons(source, target.comparator, shape)
    return _reckons(source, test, shape)


def _reckons(source: Source, node: cst.BaseExpression, shape: RetryShape) -> bool:
    if number(node) is not None:
        return True
    match node:
        case cst.Name():
            return True
        case cst.Attribute():
            return keeps_its_value(source, node, shape.node)
        case cst.BinaryOperation(left=left, right=right):
            return _reckons(source, left, shape) and _reckons(source, right, shape)
        case cst.UnaryOperation(expression=inner):
            return _reckons(source, inner, shape)
        case cst.Call(func=cst.Name(value=name), args=args) if name in _ARITHMETIC:
            given = [arg.value for arg in args if not arg.star and arg.keyword is None]
            return len(given) == len(args) and all(_reckons(source, x, shape) for x in given)
    return False


def update_names(updates: Body) -> frozenset[str]:
    return frozenset().union(*(bound_here(line) for line in updates))


def read_for_wait(shape: RetryShape, body: Iterable[cst.CSTNode]) -> frozenset[str]:
    """What the lengths of the waits are made of."""
    waits: list[Wait] = [
        shape.waits[node] for each in body for node in walk(each) if node in shape.waits
    ]
    return frozenset().union(*(loaded(wait.seconds) for wait in waits))


# --- what an attempt may raise -------------------------------------------------------------


def is_harmless(body: Iterable[cst.CSTNode]) -> bool:
    """Whether the statements raise nothing that a handler of theirs would be meant for."""
    for each in body:
        if contains(each, cst.Await, cst.Raise, cst.With, cst.For, cst.While, cst.Assert):
            return False
        calls = (node for node in walk(each) if isinstance(node, cst.Call))
        if any(not is_logging(call) for call in calls):
            return False
    return True


def is_logging(call: cst.Call) -> bool:
    root: cst.BaseExpression = call.func
    names = []
    while isinstance(root, cst.Attribute):
        names.append(root.attr.value)
        root = root.value
    if isinstance(root, cst.Name):
        names.append(root.value)
    return any(name in _LOGGERS for name in names[1:] or names)


def looks_at_traceback(node: cst.CSTNode) -> bool:
    """Whether the code writes down how the error came to be handled here."""
    for each in walk(node):
        match each:
            case cst.Arg(keyword=cst.Name(value=name)) if name in _TRACEBACKS:
                return True
            case cst.Call(func=cst.Attribute(attr=cst.Name(value=name))) if name in _TRACEBACKS:
                return True
            case cst.Attribute(attr=cst.Name(value="__traceback__")):
                return True
    return False
