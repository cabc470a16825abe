"""Semaphores that an Rx-backed one can take the place of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import libcst as cst

from transforms.rule import Primitive, Refused
from transforms.syntax.drop_in import DropIn, renamed, swapped, trouble, type_names, type_trouble
from transforms.syntax.limits import may_be_fraction
from transforms.syntax.source import Source

MEMBERS = frozenset({"acquire", "locked", "release"})
DROP_INS = {
    origin: DropIn(
        origin=origin,
        factory="dynamic_semaphore",
        type_name="DynamicSemaphore",
        members=MEMBERS,
        escapes="semaphore-escapes",
    )
    for origin in ("asyncio.Semaphore", "asyncio.BoundedSemaphore")
}


def named(source: Source) -> Iterator[DropIn]:
    """The classes that the file names at all."""
    for origin, drop_in in DROP_INS.items():
        if origin.rpartition(".")[2] in source.text:
            yield drop_in


def why_not_swapped(
    source: Source, primitive: Primitive, call: cst.Call, also: frozenset[str] = frozenset()
) -> Refused | None:
    """What is in the way of swapping the semaphore that ``call`` makes.

    Args:
        also: private members that the file may use: the caller sees to them.
    """
    keywords = {arg.keyword.value for arg in call.args if arg.keyword is not None}
    if any(arg.star for arg in call.args) or len(call.args) > 1 or not keywords <= {"value"}:
        return Refused(primitive, "arguments-unclear", source.code(call))
    if call.args and may_be_fraction(call.args[0].value):
        return Refused(primitive, "arguments-unclear", source.code(call))
    for drop_in in named(source):
        if found := type_trouble(source, drop_in):
            return Refused(primitive, found.reason, found.detail)
    origin = source.called(call) or ""
    drop_in = DROP_INS[origin]
    drop_in = replace(drop_in, members=drop_in.members | also)
    if found := trouble(source, drop_in, call):
        return Refused(primitive, found.reason, found.detail)
    if origin == "asyncio.BoundedSemaphore" and (line := _release(source)):
        return Refused(primitive, "bounded-release", f"line {line}")
    return None


def _release(source: Source) -> int | None:
    """The line of the first ``….release``, if there is one."""
    for node in source.walk({"release"}.isdisjoint):
        if isinstance(node, cst.Attribute) and node.attr.value == "release":
            return source.span(node)[0]
    return None


def swap(source: Source, original: cst.Call, updated: cst.Call) -> cst.Call:
    """The call that makes the replacement."""
    drop_in = DROP_INS[source.called(original) or ""]
    # ``value=`` is the name of asyncio's parameter.
    args = [arg.with_changes(keyword=None, equal=cst.MaybeSentinel.DEFAULT) for arg in updated.args]
    return swapped(drop_in, updated.with_changes(args=args))


def rename(source: Source, original: cst.CSTNode, updated: cst.CSTNode) -> cst.CSTNode:
    """What stands for a name of the type afterwards."""
    for drop_in in named(source):
        if original in type_names(source, drop_in):
            return renamed(source, drop_in, original, updated)
    return updated
