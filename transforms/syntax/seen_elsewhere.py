"""Which of the uses that other files make of a name may concern an object of this file."""

from __future__ import annotations

import libcst as cst

from transforms.syntax.elsewhere import ForeignUse
from transforms.syntax.source import Source


def uses_elsewhere(source: Source, name: str) -> tuple[ForeignUse, ...] | None:
    """What other files do with things of this name; None if nobody has looked."""
    elsewhere = source.elsewhere
    if elsewhere is None:
        return ()
    if name not in elsewhere.names:
        return None
    uses = elsewhere.of(name)
    if not any(use.owner for use in uses):
        return uses
    nodes = source.walk({"class"}.isdisjoint)
    classes = {node.name.value for node in nodes if isinstance(node, cst.ClassDef)}
    strangers = {owner for owner, kin in elsewhere.kin if classes.isdisjoint(kin)}
    return tuple(use for use in uses if use.owner not in strangers)
