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
from dataclasses import dataclass

import libcst as cst

from transforms.rule import Primitive, Refused, Rule, Site
from transforms.syntax.drop_in import (
    DropIn,
    renamed,
    swapped,
    trouble,
    type_names,
    type_trouble,
)
from transforms.syntax.source import Source

_LIMITER = DropIn(
    origin="aiolimiter.AsyncLimiter",
    factory="rate_limit",
    type_name="RateLimit",
    members=frozenset({"acquire", "has_capacity", "max_rate", "time_period"}),
    escapes="limiter-escapes",
)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Limiters(Site):
    """The limiters that must be swapped together: one, or all of a file that names their type."""

    calls: tuple[cst.Call, ...]
    types: tuple[cst.BaseExpression, ...]


def find(source: Source) -> Iterator[Site | Refused]:
    limiters = [
        (primitive, call)
        for primitive, call in source.free_of_kind("limiter")
        if isinstance(call, cst.Call)
    ]
    asked = type_trouble(source, _LIMITER)
    taken: list[tuple[Primitive, cst.Call]] = []
    for primitive, call in limiters:
        found = asked or trouble(source, _LIMITER, call)
        if found is None:
            taken.append((primitive, call))
        else:
            yield Refused(primitive, found.reason, found.detail)
    yield from _together(source, taken)


def _together(
    source: Source, taken: Sequence[tuple[Primitive, cst.Call]]
) -> Iterator[Site | Refused]:
    types = type_names(source, _LIMITER)
    if not types:
        yield from (_site([limiter], ()) for limiter in taken)
    elif len(taken) == sum(primitive.kind == "limiter" for primitive in source.primitives):
        if taken:
            yield _site(taken, types)
    else:
        line = source.span(types[0])[0]
        for primitive, _ in taken:
            yield Refused(primitive, "annotations-shared", f"line {line}")


def _site(
    limiters: Sequence[tuple[Primitive, cst.Call]], types: tuple[cst.BaseExpression, ...]
) -> _Limiters:
    calls = tuple(call for _, call in limiters)
    return _Limiters(
        primitives=tuple(primitive for primitive, _ in limiters),
        rewrite="drop-in",
        operators=frozenset({"rate_limit", "RateLimit"} if types else {"rate_limit"}),
        touched=(*calls, *types),
        calls=calls,
        types=types,
    )


class _Transformer(cst.CSTTransformer):
    def __init__(self, source: Source, sites: Sequence[Site]) -> None:
        super().__init__()
        self._source = source
        chosen = [site for site in sites if isinstance(site, _Limiters)]
        self._calls = {call for site in chosen for call in site.calls}
        self._types = {node for site in chosen for node in site.types}

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        return swapped(_LIMITER, updated_node) if original_node in self._calls else updated_node

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.BaseExpression:
        return self._type(original_node, updated_node)

    def leave_Attribute(
        self, original_node: cst.Attribute, updated_node: cst.Attribute
    ) -> cst.BaseExpression:
        return self._type(original_node, updated_node)

    def leave_SimpleString(
        self, original_node: cst.SimpleString, updated_node: cst.SimpleString
    ) -> cst.BaseExpression:
        return self._type(original_node, updated_node)

    def _type(
        self, original: cst.BaseExpression, updated: cst.BaseExpression
    ) -> cst.BaseExpression:
        if original not in self._types:
            return updated
        return renamed(self._source, _LIMITER, original, updated)


RULE = Rule(
    code="RX203",
    name="async-limiter",
    tier=2,
    summary="a leaky bucket becomes one that is an Rx operator, too",
    kinds=frozenset({"limiter"}),
    operators=frozenset({"RateLimit", "rate_limit"}),
    find=find,
    transformer=_Transformer,
    doc=__doc__,
)
