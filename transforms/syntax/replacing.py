"""The edit of most rules: an expression gives way to a pipeline, and statements go."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import libcst as cst

from transforms.rule import Site
from transforms.syntax.layout import Item, Layout
from transforms.syntax.removal import carried
from transforms.syntax.source import Source


@dataclass(frozen=True, kw_only=True, eq=False)
class Replacement(Site):
    """A site whose edit is one expression in the place of another."""

    place: tuple[cst.BaseExpression, Item]
    """What is replaced, and by what."""


class Replacer(cst.CSTTransformer):
    """Puts the replacements where they belong.

    Args:
        removed: statements that go; what stands above them is taken over by the next one.
    """

    def __init__(
        self, source: Source, sites: Sequence[Site], removed: Iterable[cst.CSTNode] = ()
    ) -> None:
        super().__init__()
        self._layout = Layout(source)
        self._places = dict(site.place for site in sites if isinstance(site, Replacement))
        self._removed = dict.fromkeys(removed)
        self._carried = {each.carrier: each for each in carried(source, list(self._removed))}

    def on_leave(  # type: ignore[override]
        self, original_node: cst.CSTNode, updated_node: cst.CSTNode
    ) -> cst.CSTNode | cst.RemovalSentinel:
        if original_node in self._removed:
            return cst.RemoveFromParent()
        if isinstance(original_node, cst.BaseExpression) and original_node in self._places:
            return self._layout.replace(original_node, self._places[original_node])
        if original_node in self._carried:
            return self._carried[original_node].onto(updated_node)
        return updated_node
