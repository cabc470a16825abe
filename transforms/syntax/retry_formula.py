"""Waits that the operators know by themselves: doubling, with jitter and a cap."""

from __future__ import annotations

import libcst as cst

from transforms.syntax.constants import number
from transforms.syntax.pieces import one_line
from transforms.syntax.retry_counting import is_steady
from transforms.syntax.retry_counts import Sum, summed
from transforms.syntax.retry_shape import RetryShape
from transforms.syntax.scopes import occurrences
from transforms.syntax.source import Source


def transition_wait(
    source: Source, shape: RetryShape, value: cst.BaseExpression
) -> tuple[str, ...] | None:
    """``base_delay`` and ``cap`` of ``min(base * 2**n + uniform(0, base), cap)``."""
    for grown, cap in _least(source, value):
        match grown:
            case cst.BinaryOperation(operator=cst.Add(), left=left, right=right):
                for power, jitter in ((left, right), (right, left)):
                    base, spread = _base(source, shape, power), _spread(source, jitter)
                    if base is not None and spread is not None and _is_same(source, base, spread):
                        return _said(source, shape, base, cap)
    return None


def upload_wait(
    source: Source, shape: RetryShape, value: cst.BaseExpression
) -> tuple[str, ...] | None:
    """``base_delay`` and ``cap`` of ``uniform(0, min(cap, base * 2**n))``."""
    spread = _spread(source, value)
    if spread is None:
        return None
    for power, cap in _least(source, spread):
        base = _base(source, shape, power)
        if base is not None:
            return _said(source, shape, base, cap)
    return None


def _said(
    source: Source, shape: RetryShape, base: cst.BaseExpression, cap: cst.BaseExpression
) -> tuple[str, ...] | None:
    if not _is_fixed(source, shape, base) or not _is_fixed(source, shape, cap):
        return None
    return f"base_delay={one_line(source, base)}", f"cap={one_line(source, cap)}"


def _is_fixed(source: Source, shape: RetryShape, node: cst.BaseExpression) -> bool:
    return number(node) is not None or is_steady(source, node, shape.node)


def _is_same(source: Source, one: cst.BaseExpression, other: cst.BaseExpression) -> bool:
    return source.code(one) == source.code(other)


def _least(
    source: Source, node: cst.BaseExpression
) -> tuple[tuple[cst.BaseExpression, cst.BaseExpression], ...]:
    """Both readings of ``min(a, b)``."""
    match node:
        case cst.Call(func=cst.Name(value="min"), args=[one, other]) if _is_builtin(source, "min"):
            if not any(arg.star or arg.keyword for arg in (one, other)):
                return (one.value, other.value), (other.value, one.value)
    return ()


def _spread(source: Source, node: cst.BaseExpression) -> cst.BaseExpression | None:
    """``x`` of ``random.uniform(0, x)``."""
    match node:
        case cst.Call(args=[low, high]) if source.called(node) == "random.uniform":
            if not any(arg.star or arg.keyword for arg in (low, high)) and number(low.value) == 0:
                return high.value
    return None


def _base(source: Source, shape: RetryShape, node: cst.BaseExpression) -> cst.BaseExpression | None:
    """``b`` of ``b * 2**n``, where ``n`` numbers the attempts from 0."""
    match node:
        case cst.BinaryOperation(operator=cst.Multiply(), left=left, right=right):
            if _is_doubling(source, shape, right):
                return left
            return right if _is_doubling(source, shape, left) else None
    return None


def _is_doubling(source: Source, shape: RetryShape, node: cst.BaseExpression) -> bool:
    counter = shape.counter
    match node:
        case cst.BinaryOperation(operator=cst.Power(), left=left, right=right):
            if counter is None or counter.first is None or number(left) != 2:
                return False
            return summed(source, right) == Sum(((counter.variable, 1),), -counter.first)
    return False


def _is_builtin(source: Source, name: str) -> bool:
    return all(each.role == "load" for each in occurrences(source.module, name))
