"""Waits for a time on the Rx clock instead of on asyncio's.

Recognises:
    ``await asyncio.sleep(d)``, where no other rule took it: a cooldown, a backoff, a pause
    inside a loop that was left as it is. A statement of its own or a part of one, with
    ``result=`` or without.

Emits:
    ``await last_value_from(rx.timer(d))``; where the value of the expression is used, the
    timer's own value is mapped to it: ``rx.timer(d).pipe(ops.map(lambda _: None))``.

Keeps:
    Result order: there is one result; ``result=x`` is evaluated before the wait, as it was.
    First error: what evaluating ``d`` raises is raised at the same place.
    Siblings: none.
    Cancellation: the wait ends at once with ``CancelledError``; the timer is disposed of.
    Timing: one wait of ``d`` seconds on the loop's clock; zero or less gives way once.
    Context: the statement stays in the function and the task where it was.

Refuses:
    sleep-zero: ``sleep(0)`` is a way to give way, not a wait.
    not-awaited: the sleep is passed on or awaited elsewhere (``create_task``, ``gather``).
    arguments-unclear: ``*`` or ``**`` hides what is passed, or it is not what ``sleep`` takes.

Example:
    delay/cooldown_between_batches
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import libcst as cst

from transforms.rule import Primitive, Refused, Rule, Site
from transforms.syntax.constants import number
from transforms.syntax.layout import Call, Item, Layout, Pipe, awaited, expression, flat
from transforms.syntax.pieces import one_line, pieces
from transforms.syntax.source import Source
from transforms.syntax.stability import is_constant


@dataclass(frozen=True, kw_only=True, eq=False)
class _Delay(Site):
    expression: cst.Await
    seconds: cst.BaseExpression
    result: cst.BaseExpression | None
    is_statement: bool
    """Nobody sees the value."""


def find(source: Source) -> Iterator[Site | Refused]:
    for primitive, call in source.free_of_kind("sleep"):
        if isinstance(call, cst.Call):
            yield _recognise(source, primitive, call)


def _recognise(source: Source, primitive: Primitive, call: cst.Call) -> Site | Refused:
    awaiting = source.parent(call)
    if not isinstance(awaiting, cst.Await):
        return Refused(primitive, "not-awaited")
    arguments = _arguments(call)
    if arguments is None:
        return Refused(primitive, "arguments-unclear", one_line(source, call))
    seconds, result = arguments
    constant = number(seconds)
    if constant is not None and constant <= 0:
        return Refused(primitive, "sleep-zero")
    is_statement = isinstance(source.parent(awaiting), cst.Expr) and result is None
    return _Delay(
        primitives=(primitive,),
        rewrite="pipeline",
        operators=frozenset({"last_value_from"}),
        uses_rx=True,
        uses_ops=not is_statement,
        parameters=(("seconds", one_line(source, seconds)),),
        touched=(awaiting,),
        consumed=(seconds,) if result is None else (seconds, result),
        expression=awaiting,
        seconds=seconds,
        result=result,
        is_statement=is_statement,
    )


def _arguments(call: cst.Call) -> tuple[cst.BaseExpression, cst.BaseExpression | None] | None:
    """``delay`` and ``result``; None where they cannot be told, or would change their order."""
    found: dict[str, cst.BaseExpression] = {}
    for argument, place in zip(call.args, ("delay", "result"), strict=False):
        name = place if argument.keyword is None else argument.keyword.value
        if argument.star or name not in {"delay", "result"} or name in found:
            return None
        found[name] = argument.value
    if len(call.args) > len(found) or "delay" not in found:
        return None
    if next(iter(found)) == "result" and number(found["delay"]) is None:
        return None
    return found["delay"], found.get("result")


class _Transformer(cst.CSTTransformer):
    def __init__(self, source: Source, sites: Sequence[Site]) -> None:
        super().__init__()
        self._source = source
        self._sites = {site.expression: site for site in sites if isinstance(site, _Delay)}

    def leave_Await(self, original_node: cst.Await, updated_node: cst.Await) -> cst.BaseExpression:
        site = self._sites.get(original_node)
        if site is None:
            return updated_node
        timer = awaited(self._timer(site))
        if self._source.enclosing(original_node, cst.FormattedString) is None:
            return Layout(self._source).replace(original_node, timer)
        # Inside an f-string no line may be broken.
        parsed = expression(flat(timer), self._source.module)
        return parsed.with_changes(lpar=original_node.lpar, rpar=original_node.rpar)

    def _timer(self, site: _Delay) -> Item:
        timer = Call("rx.timer", (pieces(self._source, site.seconds),))
        if site.is_statement:
            return timer
        return Pipe(timer, (Call("ops.map", (self._value(site.result),)),))

    def _value(self, result: cst.BaseExpression | None) -> Item:
        if result is None or is_constant(result):
            return f"lambda _: {'None' if result is None else one_line(self._source, result)}"
        # A default is evaluated where the lambda stands: before the wait.
        return f"lambda _, result={one_line(self._source, result)}: result"


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
