"""Which of the uses that other files make of a name may concern an object of this file."""

from __future__ import annotations

import re

import libcst as cst

from transforms.syntax.elsewhere import ForeignUse
from transforms.syntax.foreign import PLAIN_BASES
from transforms.syntax.scopes import walk
from transforms.syntax.source import Source


def uses_elsewhere(source: Source, name: str) -> tuple[ForeignUse, ...] | None:
    """What other files do with things of this name; None if nobody has looked."""
    if source.elsewhere is None:
        return ()
    if name not in source.elsewhere.names:
        return None
    return tuple(
        use
        for use in source.elsewhere.of(name)
        if not use.owner or _is_akin(source, name, use.owner)
    )


def _is_akin(source: Source, name: str, owner: str) -> bool:
    """Whether the class of another file may have to do with one of ours that binds the name."""
    if re.search(rf"\b{re.escape(owner)}\b", source.text):
        return True
    return any(
        isinstance(node, cst.ClassDef)
        and not {_last_word(base.value) for base in node.bases} <= PLAIN_BASES
        and any(isinstance(each, cst.Name) and each.value == name for each in walk(node.body))
        for node in walk(source.module)
    )


def _last_word(node: cst.BaseExpression) -> str:
    while isinstance(node, cst.Subscript | cst.Call):
        node = node.value if isinstance(node, cst.Subscript) else node.func
    if isinstance(node, cst.Attribute):
        return node.attr.value
    return node.value if isinstance(node, cst.Name) else ""
