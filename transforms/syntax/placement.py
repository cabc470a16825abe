"""Where an emitted expression goes: in the place of one node, or of more of its statement.

A call on one line that holds an expression which now takes several is laid out anew from its
outermost bracket on, as a formatter would have it. What was broken into lines before stays so.
"""

from __future__ import annotations

import libcst as cst

from transforms.syntax.layout import Item, Layout, flat
from transforms.syntax.pieces import pieces
from transforms.syntax.source import Source


def placed(
    source: Source, node: cst.BaseExpression, item: Item
) -> tuple[cst.BaseExpression, Item] | None:
    """The node to replace, and the item to put there; None if the item fits nowhere.

    Guarantees: between ``node`` and the node to replace, there is no comment and no primitive.
    """
    if source.enclosing(node, cst.FormattedString) is not None:
        # Inside an f-string no line may be broken.
        text = flat(item)
        return None if "\n" in text else (node, text)
    outer = _outermost(source, node)
    if outer is node or not _is_broken(source, node, item) or _is_shared(source, node, outer):
        return node, item
    return outer, pieces(source, outer, {node: item})


def _outermost(source: Source, node: cst.BaseExpression) -> cst.BaseExpression:
    """The outermost expression on the same line whose pieces can be laid out one by one."""
    found = node
    child: cst.CSTNode = node
    for ancestor in source.ancestors(node):
        match ancestor:
            case cst.Arg() | cst.Element() | cst.StarredElement():
                pass
            case cst.CompFor() if ancestor.iter is child:
                pass
            case cst.Call() if ancestor.func is not child:
                found = ancestor
            case cst.List():
                found = ancestor
            case cst.ListComp() | cst.SetComp() | cst.GeneratorExp():
                found = ancestor
            case _:
                break
        child = ancestor
    first, _, last, _ = source.span(found)
    return found if first == last else node


def _is_broken(source: Source, node: cst.BaseExpression, item: Item) -> bool:
    return "\n" in source.module.code_for_node(Layout(source).replace(node, item))


def _is_shared(source: Source, node: cst.CSTNode, outer: cst.CSTNode) -> bool:
    """Whether other primitives, which other rules may change, stand beside the node."""
    for primitive in source.primitives:
        other = source.node_of(primitive)
        if other is None:
            return True
        around = {other, *source.ancestors(other)}
        if outer in around and node not in around:
            return True
    return False
