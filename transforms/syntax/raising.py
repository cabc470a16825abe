"""What code raises that a function of its own would not let through as it is."""

from __future__ import annotations

from collections.abc import Iterable

import libcst as cst

from transforms.syntax.scopes import contains, walk
from transforms.syntax.source import Source

_Function = cst.FunctionDef | cst.Lambda


def raises_anew(nodes: Iterable[cst.CSTNode]) -> bool:
    """A bare ``raise`` whose ``except`` is not among the nodes."""
    stack = list(nodes)
    while stack:
        node = stack.pop()
        if isinstance(node, cst.Raise) and node.exc is None:
            return True
        if not isinstance(node, cst.ExceptHandler | cst.ExceptStarHandler | _Function):
            stack.extend(node.children)
    return False


def stops_iteration(source: Source, place: cst.CSTNode, nodes: Iterable[cst.CSTNode]) -> bool:
    """Whether the function around ``place`` might tell where a StopIteration comes from.

    Python turns one that leaves a coroutine into a RuntimeError. In a function of its own, that
    would happen to the code of ``nodes`` before a handler around ``place`` has seen it.
    """
    guards: list[cst.CSTNode] = []
    for ancestor in source.ancestors(place):
        if isinstance(ancestor, _Function):
            if contains(ancestor.body, cst.Yield, inner_functions=False):
                guards.append(ancestor)  # a generator words the RuntimeError in its own way
            break
        if isinstance(ancestor, cst.Try | cst.TryStar | cst.With):
            guards.append(ancestor)
    if not guards:
        return False
    if any(_names_stop_iteration(guard) for guard in guards):
        return True
    return any(may_stop(each) for node in nodes for each in walk(node))


def _names_stop_iteration(guard: cst.CSTNode) -> bool:
    parts: list[cst.CSTNode] = []
    if isinstance(guard, cst.With):
        parts += guard.items
    if isinstance(guard, cst.Try | cst.TryStar):
        parts += [handler.type for handler in guard.handlers if handler.type is not None]
    return any(
        isinstance(each, cst.Name) and each.value == "StopIteration"
        for part in parts
        for each in walk(part)
    )


def may_stop(node: cst.CSTNode) -> bool:
    match node:
        case cst.Call(func=cst.Name(value="next"), args=[_]):
            return True
        case cst.Attribute(attr=cst.Name(value="__next__")) | cst.Name(value="StopIteration"):
            return True
    return False
