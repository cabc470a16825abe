"""Turns an awaited ``asyncio.gather`` over a collection into a pipeline.

Recognises:
    ``await asyncio.gather(*[f(x) for x in xs])``: a list comprehension, a generator or ``map``
    behind the star, with conditions, several loops and unpacked targets; a list of coroutines
    or tasks that the statements right above build for it, by a comprehension or by ``append``
    in a loop; any other list of awaitables, and several of them. The result may be used in any
    way. ``return_exceptions`` is passed on.

Emits:
    ``await last_value_from(rx.from_iterable(xs).pipe(flat_map(f), ops.to_list()))``. Where the
    code that makes the awaitables means something else in another place, or the list is used
    again, it stays as it is, and the pipeline takes the awaitables themselves:
    ``rx.from_iterable(tasks).pipe(flat_map(lambda task: task), ops.to_list())``.

Keeps:
    Result order: a list, in the order of the items; ``[]`` for no items.
    First error: raised at once, as the same object.
    Siblings: go on after the first error; what they raise later is dropped without a warning.
    Cancellation: all items are cancelled; the caller sees it when the first of them has ended
        (with ``return_exceptions``: all of them), as with ``asyncio.gather``.
    Timing: the functions are called while the pipeline is subscribed to, which is when the
        original called them; the tasks start in the same turn of the loop.
    Context: each item runs in a task of its own with a copy of the caller's context.

Refuses:
    not-awaited: the gather is stored, passed on or returned without ``await``.
    awaits-between-items: something is awaited while the awaitables are made.
    arguments-unclear: ``**`` or unknown keywords, a list times a number, or
        ``return_exceptions`` is computed.
    not-in-function: it stands at module level, as in a notebook.
    inside-f-string: it stands inside an f-string and takes more than one line.

Example:
    gather_fan_out/reports_by_region
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import libcst as cst

from transforms.rule import Primitive, Refused, Rule, Site
from transforms.syntax.fan_out import AwaitedGather, awaited_gather, fan_out
from transforms.syntax.fan_out_pipeline import as_it_is, parameters, pipeline, unbounded
from transforms.syntax.layout import awaited
from transforms.syntax.placement import placed
from transforms.syntax.removal import carried
from transforms.syntax.replacing import Replacement, Replacer
from transforms.syntax.source import Source


@dataclass(frozen=True, kw_only=True, eq=False)
class _FanOut(Replacement):
    removed: tuple[cst.CSTNode, ...]


def find(source: Source) -> Iterator[Site | Refused]:
    for primitive, call in source.free_of_kind("gather"):
        if isinstance(call, cst.Call) and any(arg.star == "*" for arg in call.args):
            gather = awaited_gather(source, primitive, call)
            yield gather if isinstance(gather, Refused) else _site(source, primitive, gather)


def _site(source: Source, primitive: Primitive, gather: AwaitedGather) -> Site | Refused:
    fan = fan_out(source, gather)
    mapping = unbounded(source, fan) if fan is not None else None
    removed: tuple[cst.CSTNode, ...] = ()
    if fan is not None and mapping is not None:
        removed = fan.built_by
    mapping = mapping or as_it_is(source, gather)
    place = placed(source, gather.expression, awaited(pipeline(source, gather, mapping)))
    if place is None:
        return Refused(primitive, "inside-f-string")
    moved = carried(source, removed)
    return _FanOut(
        primitives=(primitive,),
        rewrite="pipeline",
        operators=frozenset({"flat_map", "last_value_from"}),
        uses_rx=True,
        uses_ops=True,
        parameters=parameters(source, gather, mapping),
        touched=(place[0], *removed, *(each.carrier for each in moved)),
        consumed=(*gather.call.args, *removed),
        place=place,
        removed=removed,
    )


def _transformer(source: Source, sites: Sequence[Site]) -> Replacer:
    chosen = (site for site in sites if isinstance(site, _FanOut))
    return Replacer(source, sites, [node for site in chosen for node in site.removed])


RULE = Rule(
    code="RX202",
    name="gather-fan-out",
    tier=2,
    summary="awaitables gathered from a collection become a flat_map",
    kinds=frozenset({"gather"}),
    operators=frozenset({"flat_map", "last_value_from"}),
    find=find,
    transformer=_transformer,
    doc=__doc__,
)
