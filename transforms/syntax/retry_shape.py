"""A loop that tries again what failed: its parts, and what it does about a failure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import libcst as cst

from transforms.rule import Primitive
from transforms.syntax.bindings import Bindings
from transforms.syntax.checks import negated
from transforms.syntax.frames import depends_on_frame
from transforms.syntax.loops import condition_of, jumps, rounds_of, statements
from transforms.syntax.pieces import one_line
from transforms.syntax.raising import raises_anew, stops_iteration
from transforms.syntax.retry_counts import Compared, Sum, compared, denied, summed
from transforms.syntax.scopes import contains, occurrences, walk
from transforms.syntax.source import Source
from transforms.syntax.steady import keeps_its_value
from transforms.syntax.steps import without_gap

_Loop = cst.While | cst.For
Body = tuple[cst.CSTNode, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class Wait:
    """``await asyncio.sleep(seconds)``, a statement of its own."""

    primitive: Primitive
    seconds: cst.BaseExpression


@dataclass(frozen=True, kw_only=True, eq=False)
class Counter:
    """The variable that counts the attempts."""

    variable: str
    start: int
    """Its value when the loop begins."""
    first: int | None
    """Its value where the first failure is handled; None: it changes there in between."""
    steps: Body = ()
    """The statements that count, if the loop does not do it."""


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


# --- the front: what a failing attempt does before it waits --------------------------------


@dataclass(frozen=True, eq=False)
class Front:
    """A failing attempt, as a sequence: statements and guards, and then the wait."""

    steps: Body
    rest: Body
    """The wait and what stands below it; or a choice of several waits, or of one and none."""


def front(shape: RetryShape) -> Front | None:
    """The steps up to the wait, each choice turned so that the wait comes last; None: unclear."""
    steps: list[cst.CSTNode] = []
    rest = list(shape.failing)
    while True:
        at = next((n for n, each in enumerate(rest) if _holds(each, shape.waits)), None)
        if at is None:
            return None
        steps += rest[:at]
        choice = rest[at]
        if not isinstance(choice, cst.If):
            is_wait = choice in shape.waits
            return Front(tuple(steps), tuple(rest[at:])) if is_wait else None
        below = tuple(rest[at + 1 :])
        taken, other = _sides(choice, below)
        waits_here, waits_there = _any(taken, shape.waits), _any(other, shape.waits)
        if waits_here and waits_there:
            return Front(tuple(steps), tuple(rest[at:]))
        test, gone, rest = choice.test, other, list(taken)
        if waits_here:
            test = negated(choice.test)
        else:
            gone, rest = taken, list(other)
        if may_end(gone) or any(isinstance(j.node, cst.Continue) for j in jumps(gone)):
            return None if any(map(_works, gone)) else Front(tuple(steps), (choice, *below))
        steps += _guards(choice.test, test, gone, choice)


def _works(node: cst.CSTNode) -> bool:
    return not isinstance(node, cst.SimpleStatementLine) or any(
        not isinstance(each, cst.Continue | cst.Pass) for each in node.body
    )


def _holds(node: cst.CSTNode, waits: Mapping[cst.CSTNode, Wait]) -> bool:
    return any(each in waits for each in walk(node))


def _any(body: Iterable[cst.CSTNode], waits: Mapping[cst.CSTNode, Wait]) -> bool:
    return any(_holds(each, waits) for each in body)


def _sides(choice: cst.If, rest: Sequence[cst.CSTNode]) -> tuple[Body, Body]:
    """What follows if the test holds, and if it does not."""
    taken = statements(choice.body)
    other: Body = ()
    match choice.orelse:
        case cst.If():
            other = (choice.orelse,)
        case cst.Else():
            other = statements(choice.orelse.body)
    return (
        (*taken, *(rest if may_end(taken) else ())),
        (*other, *(rest if may_end(other) else ())),
    )


def _guards(
    original: cst.BaseExpression, test: cst.BaseExpression, gone: Body, choice: cst.If
) -> list[cst.CSTNode]:
    """``if test: gone``; two of them where only a ``raise`` follows two tests."""
    tests = [test]
    if len(gone) == 1 and _only_raises(gone[0]):
        tests = _parts(original, is_denied=test is not original)
    lines_inside = [_as_line(each) for each in gone]
    block = cst.IndentedBlock([without_gap(lines_inside[0]), *lines_inside[1:]])  # type: ignore[list-item]
    lines = choice.leading_lines
    return [
        cst.If(each, block, leading_lines=lines if not n else ()) for n, each in enumerate(tests)
    ]


def _only_raises(node: cst.CSTNode) -> bool:
    match node:
        case cst.SimpleStatementLine(body=[cst.Raise(exc=None)]) | cst.Raise(exc=None):
            return True
    return False


def _parts(test: cst.BaseExpression, *, is_denied: bool) -> list[cst.BaseExpression]:
    """``a or b`` as ``a``, ``b``; if it is denied, ``a and b`` as ``not a``, ``not b``."""
    operator = cst.And if is_denied else cst.Or
    if isinstance(test, cst.BooleanOperation) and isinstance(test.operator, operator):
        return [
            *_parts(test.left, is_denied=is_denied),
            *_parts(test.right, is_denied=is_denied),
        ]
    return [negated(test) if is_denied else test.with_changes(lpar=[], rpar=[])]


def _as_line(node: cst.CSTNode) -> cst.CSTNode:
    return cst.SimpleStatementLine([node]) if isinstance(node, cst.BaseSmallStatement) else node


def tests_in(steps: Iterable[cst.CSTNode]) -> list[cst.BaseExpression]:
    """The tests of guards."""
    found: list[cst.BaseExpression] = []
    for each in steps:
        if isinstance(each, cst.If) and each.orelse is None:
            found += _parts(each.test, is_denied=False)
    return found


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
            if _may_be_none(source, rounds.stop):
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
        counter = _by_hand(source, node, function, before, failing)
        if condition is not None:
            found_total = None if counter is None else _total(source, node, condition, counter)
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


def is_steady(source: Source, node: cst.BaseExpression, loop: _Loop) -> bool:
    """Whether the names in a sum stay as they are while the loop runs."""
    match node:
        case cst.Integer():
            return True
        case cst.BinaryOperation(left=left, right=right):
            return is_steady(source, left, loop) and is_steady(source, right, loop)
        case cst.Name():
            return keeps_its_value(source, node, loop) or _is_settled(source, node, loop)
    return isinstance(node, cst.Attribute) and keeps_its_value(source, node, loop)


def _is_settled(source: Source, name: cst.Name, loop: _Loop) -> bool:
    """Whether the function's variable is bound once, above the loop."""
    function = source.function(loop)
    if function is None:
        return False
    found = [each for each in occurrences(function, name.value) if each.role != "load"]
    if len(found) != 1 or found[0].role not in ("parameter", "store"):
        return False
    if source.function(found[0].node) is not function and found[0].role != "parameter":
        return False
    return source.span(found[0].node) < source.span(loop)


def _may_be_none(source: Source, node: cst.BaseExpression) -> bool:
    """Whether a parameter says that it may be None, which ``range`` does not take."""
    function = source.function(node)
    if not isinstance(node, cst.Name) or not isinstance(function, cst.FunctionDef):
        return False
    for each in walk(function.params):
        if isinstance(each, cst.Param) and each.name.value == node.value:
            parts = (each.annotation and each.annotation.annotation, each.default)
            texts = [source.code(part) for part in parts if part is not None]
            return any("None" in text or "Optional" in text for text in texts)
    return False


def _by_hand(
    source: Source, node: cst.While, function: cst.FunctionDef, before: Body, failing: Body
) -> Counter | None:
    """A variable that starts with a number above the loop and is raised by one a failure."""
    for place, steps in (("before", before), ("failing", failing)):
        for step in steps:
            name = _raised_by_one(step)
            if name is None:
                continue
            stores = [each for each in occurrences(function, name) if each.role == "store"]
            start = next((each for each in stores if _starts(source, each.node, node)), None)
            if start is None or len(stores) != 2:
                continue
            line = source.statement(start.node)
            value = _whole(line)
            if value is None or line is None:
                continue
            first = value + 1 if place == "before" else _first(failing, step, name, value)
            if place == "failing" and _may_skip(failing[: failing.index(step)]):
                continue
            return Counter(variable=name, start=value, first=first, steps=(line, step))
    return None


def _first(failing: Body, step: cst.CSTNode, name: str, start: int) -> int | None:
    at = failing.index(step)
    above, below = (_names(each, name) for each in (failing[:at], failing[at + 1 :]))
    if above and below:
        return None
    return start if above else start + 1


def _names(body: Body, name: str) -> bool:
    return any(occurrences(each, name) for each in body)


def _may_skip(body: Body) -> bool:
    return any(isinstance(jump.node, cst.Continue) for jump in jumps(body))


def _raised_by_one(node: cst.CSTNode) -> str | None:
    match node:
        case cst.SimpleStatementLine(
            body=[
                cst.AugAssign(
                    target=cst.Name(value=name),
                    operator=cst.AddAssign(),
                    value=cst.Integer(value="1"),
                )
            ]
        ):
            return name
    return None


def _starts(source: Source, name: cst.Name, node: cst.While) -> bool:
    """Whether the counter is set there each time before the loop begins."""
    line = source.statement(name)
    block = source.parent(line) if line is not None else None
    if source.span(name) > source.span(node):
        return False
    for ancestor in source.ancestors(node):
        if ancestor is block:
            return True
        if isinstance(ancestor, cst.For | cst.While):
            return False
    return False


def _whole(line: cst.CSTNode | None) -> int | None:
    match line:
        case cst.SimpleStatementLine(
            body=[cst.Assign(targets=[_], value=cst.Integer() as value)]
            | cst.AnnAssign(value=cst.Integer() as value)
        ):
            return value.evaluated_value
    return None


def _total(
    source: Source, node: cst.While, condition: cst.BaseExpression, counter: Counter
) -> Sum | None:
    """How many rounds ``while attempt < n`` makes."""
    found = compared(source, condition, counter.variable)
    start = counter.start
    if found is None or not is_bound_steady(source, condition, counter, node):
        return None
    ended: Compared = denied(found)
    if ended.operator is cst.GreaterThanEqual:
        return ended.bound.less(start)
    if ended.operator is cst.GreaterThan:
        return ended.bound.less(start - 1)
    return None


def is_bound_steady(
    source: Source, test: cst.BaseExpression, counter: Counter, loop: _Loop
) -> bool:
    """Whether all that the test compares the counter with stays as it is."""
    match test:
        case cst.UnaryOperation(expression=inner):
            return is_bound_steady(source, inner, counter, loop)
        case cst.Comparison(comparisons=[target]):
            sides = (test.left, target.comparator)
            return all(_is_steady_beside(source, each, counter, loop) for each in sides)
    return False


def _is_steady_beside(
    source: Source, node: cst.BaseExpression, counter: Counter, loop: _Loop
) -> bool:
    match node:
        case cst.Name(value=name) if name == counter.variable:
            return True
        case cst.BinaryOperation(left=left, right=right):
            return _is_steady_beside(source, left, counter, loop) and _is_steady_beside(
                source, right, counter, loop
            )
    return is_steady(source, node, loop)
