"""The limit of a semaphore, at the place where the pipeline needs it."""

from __future__ import annotations

from dataclasses import dataclass

import libcst as cst

from transforms.syntax.fan_out import AwaitedGather, FanOut, evaluated_first, is_plain
from transforms.syntax.pieces import one_line
from transforms.syntax.scopes import binds, contains, occurrences, walk
from transforms.syntax.source import Source
from transforms.syntax.stability import is_bound_once, is_constant, only_binding

_NAMES = ("max_concurrent", "concurrency", "concurrency_limit")
_PURE_CALLS = frozenset({"abs", "bool", "enumerate", "int", "len", "list", "max", "min", "range"})
_PURE_CALLS |= frozenset({"reversed", "round", "set", "sorted", "sum", "tuple", "zip"})
_VIEWS = frozenset({"items", "keys", "values"})


@dataclass(frozen=True, slots=True)
class Limit:
    """``text`` goes into the pipeline; ``variable`` holds the value if it must be kept."""

    expression: cst.BaseExpression
    value: str
    text: str
    variable: str | None = None


def limit_of(source: Source, call: cst.Call, gather: AwaitedGather, fan: FanOut) -> Limit | None:
    """The limit that the semaphore's ``call`` is given; None if it cannot be told, or kept.

    It was evaluated where the semaphore was made: it may be evaluated with the pipeline instead
    only if it has the same value there.
    """
    if not call.args:
        return Limit(cst.Integer("1"), "1", "1")
    (argument, *others) = call.args
    keyword = argument.keyword.value if argument.keyword is not None else "value"
    if others or argument.star or keyword != "value":
        return None
    value = argument.value
    text = one_line(source, value)
    if may_be_fraction(value) or (isinstance(value, cst.Name) and _may_be_none(source, value)):
        return None
    if is_constant(value) or (isinstance(value, cst.Name) and is_bound_once(source, value)):
        return Limit(value, text, text)
    if _is_next(source, call, gather, fan) and _keeps_value(source, value, fan):
        return Limit(value, text, text)
    name = next((each for each in _NAMES if not occurrences(gather.function, each)), None)
    return None if name is None else Limit(value, text, name, variable=name)


def may_be_fraction(value: cst.BaseExpression) -> bool:
    """Whether it may be no whole number: a semaphore of 2.5 never says that it is full."""
    stack: list[cst.CSTNode] = [value]
    while stack:
        node = stack.pop()
        if isinstance(node, cst.Divide | cst.Float):
            return True
        if not isinstance(node, cst.Call | cst.Subscript):
            stack.extend(node.children)
    return False


def _may_be_none(source: Source, name: cst.Name) -> bool:
    """``max_concurrent=None`` is no bound at all, a semaphore of None is an error."""
    binding = only_binding(source, name)
    holder = source.parent(binding.node) if binding is not None else None
    if name.value == "None":
        return True
    if not isinstance(holder, cst.Param):
        return False
    words = [each.value for each in walk(holder) if isinstance(each, cst.Name)]
    return "None" in words or "Optional" in words


def _is_next(source: Source, call: cst.Call, gather: AwaitedGather, fan: FanOut) -> bool:
    """Whether nothing runs between the semaphore and the gather but what the fan-out is of."""
    statement = source.statement(call)
    if statement is None or not evaluated_first(source, gather):
        return False
    block = source.block(statement)
    if gather.statement not in block:
        return False
    between = block[block.index(statement) + 1 : block.index(gather.statement)]
    return all(each in fan.built_by or _only_defines(each) for each in between)


def _only_defines(statement: cst.CSTNode) -> bool:
    return (
        isinstance(statement, cst.FunctionDef)
        and not statement.decorators
        and not contains(statement.params, cst.Call, cst.Await, cst.NamedExpr)
    )


def _keeps_value(source: Source, value: cst.BaseExpression, fan: FanOut) -> bool:
    """Whether the value is the same when the items have been evaluated before it."""
    first = fan.clauses[0].iterable
    if _is_pure(source, value):
        return is_plain(first) or _is_pure(source, first)
    # It may be anything but for what binds variables, or lets others do so.
    if contains(value, cst.Await, cst.NamedExpr, cst.Yield):
        return False
    return isinstance(first, cst.Name) and is_bound_once(source, first)


def _is_pure(source: Source, node: cst.BaseExpression) -> bool:
    """Whether nothing is called but what has no effect, and nothing is bound or awaited."""
    for each in walk(node):
        match each:
            case cst.Await() | cst.NamedExpr() | cst.Yield():
                return False
            case cst.Call(func=cst.Name(value=name)):
                if name not in _PURE_CALLS or binds(source.module, name):
                    return False
            case cst.Call(func=cst.Attribute(attr=attr), args=[]) if attr.value in _VIEWS:
                pass
            case cst.Call():
                return False
    return True
