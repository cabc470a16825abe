"""Sites that swap objects of one class for Rx-backed ones, and the edit that does it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import libcst as cst

from transforms.rule import Primitive, Refused, Site
from transforms.syntax.drop_in import (
    DropIn,
    renamed,
    swapped,
    trouble,
    type_names,
    type_trouble,
)
from transforms.syntax.source import Source

Made = tuple[Primitive, cst.Call]
"""An object by the primitive, and by the call that constructs it."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Swapped(Site):
    """The objects that must be swapped together: one, or all of a file that names their type."""

    calls: tuple[cst.Call, ...]
    types: tuple[cst.BaseExpression, ...]


def swappable(
    source: Source, drop_in: DropIn, made: Sequence[Made]
) -> Iterator[tuple[Made, ...] | Refused]:
    """Which of the objects are swapped, in the groups that stand or fall together."""
    asked = type_trouble(source, drop_in) if made else None
    taken: list[Made] = []
    for primitive, call in made:
        found = asked or trouble(source, drop_in, call)
        if found is None:
            taken.append((primitive, call))
        else:
            yield Refused(primitive, found.reason, found.detail)
    types = type_names(source, drop_in) if taken else ()
    kinds = {primitive.kind for primitive, _ in taken}
    if not types:
        yield from ((each,) for each in taken)
    elif len(taken) == sum(primitive.kind in kinds for primitive in source.primitives):
        yield tuple(taken)
    else:
        line = source.span(types[0])[0]
        for primitive, _ in taken:
            yield Refused(primitive, "annotations-shared", f"line {line}")


class Swap(cst.CSTTransformer):
    """Swaps the constructors and the type names of the sites."""

    def __init__(self, source: Source, drop_in: DropIn, sites: Sequence[Site]) -> None:
        super().__init__()
        self._source = source
        self._drop_in = drop_in
        chosen = [site for site in sites if isinstance(site, Swapped)]
        self._calls = {call for site in chosen for call in site.calls}
        self._types = {node for site in chosen for node in site.types}

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        is_ours = original_node in self._calls
        return swapped(self._drop_in, updated_node) if is_ours else updated_node

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
        return renamed(self._source, self._drop_in, original, updated)
