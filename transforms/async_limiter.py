"""Swaps aiolimiter's leaky bucket for the one that is also an Rx operator.

Recognises:
    ``AsyncLimiter(rate, period)`` wherever the object is made: in an attribute, a local
    variable, at module level, in a container, in a ``default_factory``.

Emits:
    ``rate_limit(rate, period)``, the arguments as they were; annotations that name
    ``AsyncLimiter`` name ``RateLimit``. The code around it stays: ``async with limiter:``,
    ``await limiter.acquire(2)``, ``limiter.has_capacity()``. The new limiter is an Rx operator
    as well: ``source.pipe(limiter)`` lets items through at its rate.

Keeps:
    Result order: nothing is reordered; who waits is served smallest amount first, then first
        come, first served.
    First error: ``ValueError`` for an amount that never fits, with the same message.
    Siblings: none.
    Cancellation: a waiter that is cancelled leaves the line and takes no room.
    Timing: bursts up to ``rate``, then one each ``period / rate`` seconds, on the loop's clock.
    Context: the waiting stays in the task where it was.

Refuses:
    type-matters: the file derives from ``AsyncLimiter`` or asks ``isinstance``; or a library
        checks values against the annotation (pydantic among others).
    private-member: the file uses ``limiter._level`` or another member of its own.
    limiter-escapes: it is passed to imported code, returned from a public function, printed.
    annotations-shared: the file names the type in annotations, and another limiter of the
        file stays.

Example:
    async_limiter/limiter_in_attribute
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import libcst as cst

from transforms.rule import Refused, Rule, Site
from transforms.syntax.drop_in import DropIn, type_names
from transforms.syntax.source import Source
from transforms.syntax.swapping import Made, Swap, Swapped, swappable

_LIMITER = DropIn(
    origin="aiolimiter.AsyncLimiter",
    factory="rate_limit",
    type_name="RateLimit",
    members=frozenset({"acquire", "has_capacity", "max_rate", "time_period"}),
    escapes="limiter-escapes",
)


def find(source: Source) -> Iterator[Site | Refused]:
    limiters = [
        (primitive, call)
        for primitive, call in source.free_of_kind("limiter")
        if isinstance(call, cst.Call)
    ]
    for found in swappable(source, _LIMITER, limiters):
        yield found if isinstance(found, Refused) else _site(source, found)


def _site(source: Source, limiters: Sequence[Made]) -> Swapped:
    calls = tuple(call for _, call in limiters)
    types = type_names(source, _LIMITER)
    return Swapped(
        primitives=tuple(primitive for primitive, _ in limiters),
        rewrite="drop-in",
        operators=frozenset({"rate_limit", "RateLimit"} if types else {"rate_limit"}),
        touched=(*calls, *types),
        calls=calls,
        types=types,
    )


def _transformer(source: Source, sites: Sequence[Site]) -> cst.CSTTransformer:
    return Swap(source, _LIMITER, sites)


RULE = Rule(
    code="RX203",
    name="async-limiter",
    tier=2,
    summary="a leaky bucket becomes one that is an Rx operator, too",
    kinds=frozenset({"limiter"}),
    operators=frozenset({"RateLimit", "rate_limit"}),
    find=find,
    transformer=_transformer,
    doc=__doc__,
)
