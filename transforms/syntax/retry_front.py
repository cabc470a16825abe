"""What a failing attempt does before it waits, as a sequence of statements and guards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import libcst as cst

from transforms.syntax.checks import negated
from transforms.syntax.loops import jumps, statements
from transforms.syntax.retry_counting import Body
from transforms.syntax.retry_shape import RetryShape, Wait, may_end
from transforms.syntax.scopes import walk
from transforms.syntax.steps import without_gap


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
