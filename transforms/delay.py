"""Waits for a time on the Rx clock instead of on asyncio's.

Recognises:
    ``await asyncio.sleep(d)`` as a statement, where no other rule took it: a cooldown, a
    backoff, a pause inside a loop that was left as it is.

Emits:
    ``await last_value_from(rx.timer(d))``.

Keeps:
    Result order: there is no result; a statement gives none before or after.
    First error: what evaluating ``d`` raises is raised at the same place.
    Siblings: none.
    Cancellation: the wait ends at once with ``CancelledError``; the timer is disposed of.
    Timing: one wait of ``d`` seconds on the loop's clock; zero or less gives way once.
    Context: the statement stays in the function and the task where it was.

Refuses:
    sleep-zero: ``sleep(0)`` is a way to give way, not a wait.
    not-awaited: the sleep is passed on or awaited elsewhere.
    result-used: the value of the expression is used (``sleep(d, result=x)`` among others).

Example:
    delay/cooldown_between_batches
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import libcst as cst

from transforms.rule import Primitive, Refused, Rule, Site
from transforms.syntax.layout import Call, Layout, awaited
from transforms.syntax.source import Source


@dataclass(frozen=True, kw_only=True, eq=False)
class _Delay(Site):
    expression: cst.Await
    seconds: cst.BaseExpression


def find(source: Source) -> Iterator[Site | Refused]:
    for primitive, call in source.free_of_kind("sleep"):
        if isinstance(call, cst.Call):
            yield _recognise(source, primitive, call)


def _recognise(source: Source, primitive: Primitive, call: cst.Call) -> Site | Refused:
    expression = source.parent(call)
    if not isinstance(expression, cst.Await):
        return Refused(primitive, "not-awaited")
    if not isinstance(source.parent(expression), cst.Expr) or len(call.args) != 1:
        return Refused(primitive, "result-used")
    (argument,) = call.args
    if argument.star or (argument.keyword is not None and argument.keyword.value != "delay"):
        return Refused(primitive, "arguments-unclear", source.code(call))
    if isinstance(argument.value, cst.Integer | cst.Float) and not float(argument.value.value):
        return Refused(primitive, "sleep-zero")
    return _Delay(
        primitives=(primitive,),
        rewrite="pipeline",
        operators=frozenset({"last_value_from"}),
        uses_rx=True,
        parameters=(("seconds", source.code(argument.value)),),
        touched=(expression,),
        consumed=(argument.value,),
        expression=expression,
        seconds=argument.value,
    )


class _Transformer(cst.CSTTransformer):
    def __init__(self, source: Source, sites: Sequence[Site]) -> None:
        super().__init__()
        self._source = source
        self._sites = {site.expression: site for site in sites if isinstance(site, _Delay)}

    def leave_Await(self, original_node: cst.Await, updated_node: cst.Await) -> cst.BaseExpression:
        site = self._sites.get(original_node)
        if site is None:
            return updated_node
        timer = Call("rx.timer", (self._source.code(site.seconds),))
        return Layout(self._source).replace(original_node, awaited(timer))


RULE = Rule(
    code="RX208",
    name="delay",
    tier=2,
    summary="a plain wait becomes a timer",
    kinds=frozenset({"sleep"}),
    operators=frozenset({"last_value_from"}),
    find=find,
    transformer=_Transformer,
    doc=__doc__,
)
