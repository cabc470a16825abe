"""How often a loop tries: sums of whole numbers, and tests that only the last attempt meets."""

from __future__ import annotations

from dataclasses import dataclass

import libcst as cst

from transforms.syntax.pieces import one_line
from transforms.syntax.source import Source


@dataclass(frozen=True)
class Sum:
    """``n + 1``, ``3``, ``-attempt + tries``: terms by their text, and a number."""

    terms: tuple[tuple[str, int], ...] = ()
    constant: int = 0

    def plus(self, other: Sum, times: int = 1) -> Sum:
        """The sum of both, the other one ``times`` over."""
        terms = dict(self.terms)
        for text, factor in other.terms:
            terms[text] = terms.get(text, 0) + factor * times
        kept = tuple(sorted((text, factor) for text, factor in terms.items() if factor))
        return Sum(kept, self.constant + other.constant * times)

    def less(self, number: int) -> Sum:
        return Sum(self.terms, self.constant - number)

    @property
    def number(self) -> int | None:
        """Its value, if it is known."""
        return None if self.terms else self.constant

    @property
    def text(self) -> str | None:
        """``n - 1``; None for what is no number and no single term with one."""
        match self.terms:
            case ():
                return str(self.constant)
            case ((text, 1),):
                if not self.constant:
                    return text
                return f"{text} {'+' if self.constant > 0 else '-'} {abs(self.constant)}"
        return None

    @property
    def is_positive(self) -> str | None:
        """The text that asks whether it is more than nothing; None if it cannot be asked."""
        match self.terms:
            case ((text, 1),):
                if self.constant == 1:
                    return f"{text} >= 0"
                return f"{text} > {-self.constant}"
        return None


def summed(source: Source, node: cst.BaseExpression) -> Sum | None:
    """``node`` as a sum; None if it is anything else."""
    match node:
        case cst.Integer():
            return Sum((), node.evaluated_value)
        case cst.Name() | cst.Attribute():
            return Sum(((one_line(source, node.with_changes(lpar=[], rpar=[])), 1),))
        case cst.BinaryOperation(operator=cst.Add() | cst.Subtract() as operator):
            left, right = summed(source, node.left), summed(source, node.right)
            if left is None or right is None:
                return None
            return left.plus(right, 1 if isinstance(operator, cst.Add) else -1)
    return None


@dataclass(frozen=True)
class Compared:
    """``variable operator bound``."""

    operator: type[cst.BaseCompOp]
    bound: Sum


_FLIPPED: dict[type[cst.BaseCompOp], type[cst.BaseCompOp]] = {
    cst.LessThan: cst.GreaterThan,
    cst.LessThanEqual: cst.GreaterThanEqual,
    cst.GreaterThan: cst.LessThan,
    cst.GreaterThanEqual: cst.LessThanEqual,
    cst.Equal: cst.Equal,
    cst.NotEqual: cst.NotEqual,
}
_DENIED: dict[type[cst.BaseCompOp], type[cst.BaseCompOp]] = {
    cst.LessThan: cst.GreaterThanEqual,
    cst.LessThanEqual: cst.GreaterThan,
    cst.GreaterThan: cst.LessThanEqual,
    cst.GreaterThanEqual: cst.LessThan,
    cst.Equal: cst.NotEqual,
    cst.NotEqual: cst.Equal,
}


def compared(source: Source, test: cst.BaseExpression, variable: str) -> Compared | None:
    """The test as a comparison of ``variable`` with a sum; None if it is no such thing."""
    match test:
        case cst.UnaryOperation(operator=cst.Not(), expression=inner):
            found = compared(source, inner, variable)
            return None if found is None else Compared(_DENIED[found.operator], found.bound)
        case cst.Comparison(comparisons=[cst.ComparisonTarget(operator=operator) as target]):
            kind = type(operator)
            left, right = summed(source, test.left), summed(source, target.comparator)
            if left is None or right is None or kind not in _FLIPPED:
                return None
            distance = left.plus(right, -1)
            factor = dict(distance.terms).get(variable)
            if factor not in (1, -1):
                return None
            bound = distance.plus(Sum(((variable, 1),)), -factor)
            zero = Sum().plus(bound, -factor)
            return Compared(kind if factor == 1 else _FLIPPED[kind], zero)
    return None


def denied(found: Compared) -> Compared:
    """What holds where the comparison does not."""
    return Compared(_DENIED[found.operator], found.bound)


def holds_last_only(found: Compared, last: Sum) -> bool:
    """Whether, for a variable that counts up to ``last``, the test holds at the last value only."""
    distance = found.bound.plus(last, -1).number
    if found.operator in (cst.Equal, cst.GreaterThanEqual):
        return distance == 0
    return found.operator is cst.GreaterThan and distance == -1


def reached_after(found: Compared, first: int) -> Sum | None:
    """How many values, counted from ``first``, it takes for the test to hold; at least one is
    always tried."""
    if found.operator is cst.GreaterThanEqual:
        return found.bound.less(first - 1)
    if found.operator is cst.GreaterThan:
        return found.bound.less(first - 2)
    total = found.bound.less(first - 1)
    if found.operator is cst.Equal and (total.number or 0) >= 1:
        return total
    return None
