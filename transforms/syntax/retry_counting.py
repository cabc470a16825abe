"""How a retry loop counts its attempts, and whether the number it counts to stays the same."""

from __future__ import annotations

from dataclasses import dataclass

import libcst as cst

from transforms.syntax.loops import jumps
from transforms.syntax.retry_counts import Compared, Sum, compared, denied
from transforms.syntax.scopes import occurrences, walk
from transforms.syntax.source import Source
from transforms.syntax.steady import keeps_its_value

_Loop = cst.While | cst.For
Body = tuple[cst.CSTNode, ...]


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


def may_be_none(source: Source, node: cst.BaseExpression) -> bool:
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


def counted_by_hand(
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


def rounds_made(
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
