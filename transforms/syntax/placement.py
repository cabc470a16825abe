"""Where an emitted expression goes: in the place of one node, or of more of its statement.

A call on one line that holds an expression which now takes several is laid out anew from its
outermost bracket on, as a formatter would have it. What was broken into lines in another way
stays so.
"""

from __future__ import annotations

import libcst as cst

from transforms.syntax.layout import Item, Layout, flat, holds
from transforms.syntax.pieces import pieces
from transforms.syntax.source import Source


def placed(
    source: Source, node: cst.BaseExpression, item: Item, *, whole: bool = False
) -> tuple[cst.BaseExpression, Item] | None:
    """The node to replace, and the item to put there; None if the item fits nowhere.

    Args:
        whole: what is replaced may hold other primitives. Their sites have to wait for the next
            pass: the caller consumes the node.

    Guarantees: between ``node`` and the node to replace, there is no comment; without ``whole``
    no primitive either.
    """
    if source.enclosing(node, cst.FormattedString) is not None:
        # Inside an f-string no line may be broken.
        text = flat(item)
        return None if "\n" in text else (node, text)
    if not _is_broken(source, node, item):
        return node, item
    outer = _outermost(source, node)
    if outer is node:
        return node, item
    if not whole and _is_shared(source, node, outer):
        return node, item
    laid_out = pieces(source, outer, {node: item})
    # What is not taken to pieces there would stay as it was.
    return (outer, laid_out) if holds(laid_out, item) else (node, item)


def _outermost(source: Source, node: cst.BaseExpression) -> cst.BaseExpression:
    """The outermost expression whose pieces can be laid out one by one.

    It is on one line, or already broken as it would be here, and no primitive itself.
    """
    primitives = {source.node_of(each) for each in source.primitives}
    found = laid_out = node
    child: cst.CSTNode = node
    for ancestor in source.ancestors(node):
        match ancestor:
            case cst.Arg() | cst.Element() | cst.StarredElement() | cst.DictElement():
                pass
            case cst.IfExp():
                pass
            case cst.GeneratorExp() if not ancestor.lpar:
                pass  # the brackets are those of the call
            case cst.CompFor() if ancestor.iter is child:
                pass
            case cst.Call() if ancestor.func is not child and ancestor not in primitives:
                found = ancestor
            case cst.List() | cst.Dict():
                found = ancestor
            case cst.ListComp() | cst.SetComp() | cst.GeneratorExp():
                found = ancestor
            case _:
                break
        if found is ancestor and not _is_laid_out(source, ancestor):
            return laid_out
        laid_out = found
        child = ancestor
    return found


def _is_laid_out(source: Source, node: cst.BaseExpression) -> bool:
    """Whether the expression stands in the file just as it would be written here."""
    first, _, last, _ = source.span(node)
    if first == last:
        return True
    layout = Layout(source)
    written = layout.replace(node, pieces(source, node))
    return source.module.code_for_node(written) == source.module.code_for_node(node)


def _is_broken(source: Source, node: cst.BaseExpression, item: Item) -> bool:
    layout = Layout(source)
    if not node.lpar:
        return "\n" in layout.text(node, item)
    return "\n" in source.module.code_for_node(layout.replace(node, item))


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
