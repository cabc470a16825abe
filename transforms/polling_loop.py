"""Turns a loop that asks, waits and asks again into a polling pipeline.

Recognises:
    A ``while`` loop, or a ``for`` over ``range`` or ``count``, with one ``await
    asyncio.sleep(p)`` as a statement of its body, whose rounds check something and that ends by
    its condition, by ``break`` or by ``return``.

Emits:
    ``await last_value_from(rx.interval(p).pipe(poll(check), ops.take_while(pending,
    inclusive=True), ops.last()))``; ``poll_after`` where the loop sleeps first, and
    ``rx.defer(lambda _: rx.interval(p))`` where ``p`` may change between rounds. A body of one
    awaited call becomes a lambda; any other stays where it is, as a nested function that does
    one round: what stood below the sleep comes first in it, ``if n:``, in all rounds but the
    first; ``break`` and ``return`` give its result, ``PENDING`` says that there is none yet.

Keeps:
    Result order: there is one result, that of the last check.
    First error: what a check raises ends the polling at once, as the same exception.
    Siblings: none; checks never overlap and never queue up.
    Cancellation: it arrives inside the check or inside the wait, in the same task.
    Timing: the first check comes at once, or after one period if the loop sleeps first; a
        period runs from the end of a check to the start of the next and is evaluated each time
        unless it cannot change.
    Context: checks run in the task that awaits, with its context variables.

Refuses:
    arguments-unclear: the period is not one plain argument, or awaits something.
    sleep-zero: a loop around ``sleep(0)`` gives way, it does not poll.
    several-waits: the sleep is not the one wait of the loop, in a statement of its body.
    works-through-items: a ``for`` loop that does something for each item, and no check.
    retry-loop: the loop repeats what failed; nothing is asked of what succeeds.
    no-check: only an exception or a cancellation ends the loop (a heartbeat).
    worker-loop: it does its work in rounds until a flag changes that it does not check for.
    shutdown-loop: it runs until an event is set; that is for shutdown-event (RX102).
    continue-skips-wait: a ``continue`` starts the next round without a wait.
    yield-in-loop: the loop stands in a generator and yields.
    frame-dependent: code of the loop looks at the function around it (``locals``, ``super()``),
        or is at one with its handlers: a bare ``raise``, a StopIteration that they may catch.
    several-ends: a ``return`` and another way out that code below the loop tells apart.
    loop-variables: a variable outlives the round that sets it, and has no value before the loop.
    maybe-unbound: a variable that the loop reads may have no value yet when the loop begins.
    polls-inside: another polling loop stands inside; that one is rewritten.

Example:
    polling_loop/batch_job_until_done
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import libcst as cst

from transforms.rule import Primitive, Refused, Rule, Site
from transforms.syntax.constants import number
from transforms.syntax.loops import WaitingLoop, condition_of, jumps, rounds_of, statements
from transforms.syntax.poll_draft import Draft, Poll
from transforms.syntax.poll_pipeline import pipeline
from transforms.syntax.poll_rounds import rounds_form
from transforms.syntax.poll_shape import why_no_poll
from transforms.syntax.poll_value import condition_form, value_form
from transforms.syntax.scopes import binds, contains
from transforms.syntax.source import Source

_Loop = cst.While | cst.For


def find(source: Source) -> Iterator[Site | Refused]:
    sites: list[Poll] = []
    for primitive, call in source.free_of_kind("sleep"):
        node = loop_around(source, call)
        if node is None or not isinstance(call, cst.Call):
            continue
        nth = sum(site.loop.function is source.function(call) for site in sites)
        found = _recognise(source, primitive, call, node, nth)
        if isinstance(found, Poll):
            sites.append(found)
        elif found is not None:
            yield found
    for site in sites:
        if any(_is_inside(source, other.loop.node, site.loop.node) for other in sites):
            yield Refused(site.primitives[0], "polls-inside")
        else:
            yield site


def loop_around(source: Source, node: cst.CSTNode) -> _Loop | None:
    """The nearest loop whose body, in the same function, holds ``node``."""
    child = node
    for ancestor in source.ancestors(node):
        if isinstance(ancestor, cst.FunctionDef | cst.Lambda | cst.ClassDef):
            return None
        if isinstance(ancestor, _Loop) and child is ancestor.body:
            return ancestor
        child = ancestor
    return None


def _is_inside(source: Source, inner: cst.CSTNode, outer: cst.CSTNode) -> bool:
    return any(ancestor is outer for ancestor in source.ancestors(inner))


def _recognise(
    source: Source, primitive: Primitive, call: cst.Call, node: _Loop, nth: int
) -> Poll | Refused | None:
    """The site; None for what the delay rule can tell better."""
    function = source.function(call)
    wait = source.parent(call)
    if not isinstance(function, cst.FunctionDef) or function.asynchronous is None:
        return None
    if not isinstance(wait, cst.Await) or not isinstance(source.parent(wait), cst.Expr):
        return None
    if len(call.args) != 1 or call.args[0].star or _keyword(call.args[0]) not in (None, "delay"):
        return Refused(primitive, "arguments-unclear", source.code(call))
    period = call.args[0].value
    if contains(period, cst.Await, cst.NamedExpr, cst.Yield):
        return Refused(primitive, "arguments-unclear", source.code(call))
    constant = number(period)
    if constant is not None and constant <= 0:
        return Refused(primitive, "sleep-zero")
    loop = _waiting_loop(source, node, function, wait)
    if loop is None or _waits(source, node) != 1:
        return Refused(primitive, "several-waits")
    if reason := why_no_poll(source, loop):
        return Refused(primitive, reason)
    if binds(source.module, "bool"):
        return Refused(primitive, "name-conflict", "bool")
    draft = Draft(source, primitive, loop, period, nth)
    form = condition_form(draft) or value_form(draft) or rounds_form(draft)
    return Refused(primitive, form) if isinstance(form, str) else draft.poll(form)


def _keyword(argument: cst.Arg) -> str | None:
    return argument.keyword.value if argument.keyword is not None else None


def _waiting_loop(
    source: Source, node: _Loop, function: cst.FunctionDef, wait: cst.Await
) -> WaitingLoop | None:
    """The loop by its parts, if the wait is a line of its body, or all of a body on one line."""
    expr = source.parent(wait)
    line = source.parent(expr) if expr is not None else None
    body = statements(node.body)
    place = expr if line is node.body else line
    is_alone = len(statements(line)) == 1 if line is not None else False
    if (
        place not in body
        or not is_alone
        or not isinstance(place, cst.SimpleStatementLine | cst.Expr)
    ):
        return None
    at = body.index(place)
    return WaitingLoop(
        node=node,
        function=function,
        wait=place,
        condition=condition_of(node),
        rounds=rounds_of(source, node) if isinstance(node, cst.For) else None,
        before=body[:at],
        after=body[at + 1 :],
        jumps=tuple(jumps(body)),
    )


def _waits(source: Source, node: _Loop) -> int:
    """How many sleeps the loop has in its own rounds."""
    sleeps = (source.node_of(each) for each in source.primitives if each.kind == "sleep")
    return sum(loop_around(source, sleep) is node for sleep in sleeps if sleep is not None)


class _Transformer(cst.CSTTransformer):
    def __init__(self, source: Source, sites: Sequence[Site]) -> None:
        super().__init__()
        self._source = source
        polls = [site for site in sites if isinstance(site, Poll)]
        self._sites = {site.loop.node: site for site in polls}
        self._moved = {node for site in polls for node in site.form.moved}

    def leave_While(
        self, original_node: cst.While, updated_node: cst.While
    ) -> cst.BaseStatement | cst.FlattenSentinel[cst.BaseStatement]:
        site = self._sites.get(original_node)
        return updated_node if site is None else pipeline(self._source, site, updated_node)

    def leave_For(
        self, original_node: cst.For, updated_node: cst.For
    ) -> cst.BaseStatement | cst.FlattenSentinel[cst.BaseStatement]:
        site = self._sites.get(original_node)
        return updated_node if site is None else pipeline(self._source, site, updated_node)

    def leave_SimpleStatementLine(
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> cst.SimpleStatementLine | cst.RemovalSentinel:
        return cst.RemoveFromParent() if original_node in self._moved else updated_node


RULE = Rule(
    code="RX204",
    name="polling-loop",
    tier=2,
    summary="a loop that checks and sleeps becomes an interval with take_while",
    kinds=frozenset({"sleep"}),
    operators=frozenset({"PENDING", "last_value_from", "poll", "poll_after"}),
    find=find,
    transformer=_Transformer,
    doc=__doc__,
)
