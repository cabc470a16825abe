"""Who takes the awaitable that a call gives, and in which form a pipeline is wanted there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import libcst as cst

from transforms.syntax.layout import Call, Item, Pipe, Prefixed, awaited, holds
from transforms.syntax.pieces import Given, argument, pieces
from transforms.syntax.placement import placed
from transforms.syntax.scopes import contains
from transforms.syntax.source import Source

Form = Literal["awaited", "source", "staged", "coroutine"]


@dataclass(frozen=True, slots=True)
class Taker:
    """``node`` is what is replaced where the call becomes a pipeline.

    ``awaited``: it stands behind ``await``. ``source``: an operator takes observables there as
    well (``fork_join``, what a mapper gives to ``flat_map``). ``staged``: it is what
    ``from_awaitable(…).pipe(stages)`` starts from. ``coroutine``: anybody else, who may do with
    it what can be done with a coroutine.
    """

    form: Form
    node: cst.BaseExpression
    stages: tuple[Item, ...] = ()

    def given(self, pipeline: Pipe) -> Item:
        """The pipeline as it is wanted."""
        match self.form:
            case "awaited":
                return awaited(pipeline)
            case "coroutine":
                return Call("last_value_from", (pipeline,))
        return Pipe(pipeline.source, (*pipeline.stages, *self.stages))

    def place(self, source: Source, pipeline: Pipe) -> tuple[cst.BaseExpression, Item] | None:
        """What to replace, and by what; None where that fits nowhere.

        A part of another pipeline is laid out anew together with it, if that loses no comment.
        """
        item = self.given(pipeline)
        if self.form in ("source", "staged"):
            outer = _pipeline_around(source, self.node)
            if outer is not None and not contains(outer, cst.Comment):
                laid_out = _around(source, outer, {self.node: item})
                if holds(laid_out, item):
                    return placed(source, outer, laid_out, whole=True)
        return placed(source, self.node, item, whole=True)


def _around(source: Source, outer: cst.BaseExpression, given: Given) -> Item:
    """What takes the place of the pipeline: its parentheses stay where they are."""
    if isinstance(outer, cst.Await):
        return Prefixed("await ", pieces(source, outer.expression, given))
    return pieces(source, outer, given)


def _pipeline_around(source: Source, node: cst.BaseExpression) -> cst.BaseExpression | None:
    """``await last_value_from(…)`` around the node, the outermost one."""
    found: cst.BaseExpression | None = None
    for ancestor in source.ancestors(node):
        if isinstance(ancestor, cst.BaseStatement | cst.FormattedString):
            break
        match ancestor:
            case cst.Call(func=func) if source.is_operator(func, "last_value_from"):
                found = ancestor
            case cst.Await(expression=expression) if expression is found:
                found = ancestor
    return found


def taker(source: Source, call: cst.Call) -> Taker:
    """Who takes what ``call`` gives."""
    parent = source.parent(call)
    match parent:
        case cst.Await():
            return Taker("awaited", parent)
        case cst.Arg(keyword=None, star=""):
            return _of_argument(source, call, source.parent(parent))
        case cst.Lambda() if parent.body is call and is_mapper(source, parent):
            return Taker("source", call)
    return Taker("coroutine", call)


def _of_argument(source: Source, call: cst.Call, outer: cst.CSTNode | None) -> Taker:
    if isinstance(outer, cst.Call):
        if source.is_operator(outer.func, "fork_join"):
            return Taker("source", call)
        method = source.parent(outer)
        if source.is_operator(outer.func, "from_awaitable") and isinstance(method, cst.Attribute):
            pipe = source.parent(method)
            if method.attr.value == "pipe" and isinstance(pipe, cst.Call) and pipe.func is method:
                return Taker("staged", pipe, tuple(argument(source, arg) for arg in pipe.args))
    return Taker("coroutine", call)


def is_mapper(source: Source, function: cst.Lambda) -> bool:
    """Whether the function is what a ``flat_map`` calls for its items."""
    arg = source.parent(function)
    outer = source.parent(arg) if isinstance(arg, cst.Arg) and arg.keyword is None else None
    return isinstance(outer, cst.Call) and source.is_operator(outer.func, "flat_map")


def observable_in(source: Source, node: cst.BaseExpression) -> cst.BaseExpression | None:
    """``pipeline`` of ``last_value_from(pipeline)``: where observables are taken, it will do."""
    match node:
        case cst.Call(func=func, args=[cst.Arg(keyword=None, star="", value=value)]):
            return value if source.is_operator(func, "last_value_from") else None
    return None
