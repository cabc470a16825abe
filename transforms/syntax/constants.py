"""Numbers that can be told from the source."""

from __future__ import annotations

import libcst as cst


def number(node: cst.BaseExpression) -> float | None:
    """The value of an expression made of numbers alone; None if it is anything else.

    >>> number(cst.parse_expression("-(2 - 2.0)"))
    -0.0
    """
    match node:
        case cst.Integer() | cst.Float():
            return _as_float(node.evaluated_value)
        case cst.Name(value="True" | "False" as word):
            return float(word == "True")
        case cst.UnaryOperation(operator=cst.Minus(), expression=inner):
            value = number(inner)
            return None if value is None else -value
        case cst.UnaryOperation(operator=cst.Plus(), expression=inner):
            return number(inner)
        case cst.BinaryOperation(left=left, operator=operator, right=right):
            return _combined(number(left), operator, number(right))
    return None


def _as_float(value: float) -> float | None:
    try:
        return float(value)
    except OverflowError:
        return None


def _combined(left: float | None, operator: cst.BaseBinaryOp, right: float | None) -> float | None:
    if left is None or right is None:
        return None
    match operator:
        case cst.Add():
            return left + right
        case cst.Subtract():
            return left - right
        case cst.Multiply():
            return left * right
        case cst.Divide() if right:
            return left / right
    return None
