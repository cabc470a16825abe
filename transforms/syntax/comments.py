"""Arguments and operands with the comments that stand between them, as items to lay out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import libcst as cst

from transforms.syntax.layout import Commented, Item
from transforms.syntax.pieces import pieces
from transforms.syntax.scopes import contains, walk
from transforms.syntax.source import Source

_Whitespace = cst.BaseParenthesizableWhitespace


def commented(
    node: cst.Call | cst.BinaryOperation, items: Sequence[Item]
) -> tuple[str, list[Item]]:
    """The comment behind the opening bracket, and the items with the comments around them.

    ``node`` is a call, or operands that are added or joined by ``|`` or ``&``.

    Args:
        items: what stands for each argument (or operand), in their order.
    """
    spaces = _of_call(node) if isinstance(node, cst.Call) else _of_operation(node)
    opening, above = _comments(spaces[0])
    laid: list[Item] = []
    for item, space in zip(items, spaces[1:], strict=True):
        behind, next_above = _comments(space)
        laid.append(Commented(item, tuple(above), behind) if above or behind else item)
        above = next_above
    if laid and above:
        last = laid[-1]
        if not isinstance(last, Commented):
            last = Commented(last)
        laid[-1] = replace(last, below=tuple(above))
    return opening, laid


def _of_call(call: cst.Call) -> list[list[_Whitespace]]:
    """What stands before the first argument, and behind each."""
    spaces: list[list[_Whitespace]] = [[call.whitespace_before_args]]
    for arg in call.args:
        found = [arg.whitespace_after_arg]
        if isinstance(arg.comma, cst.Comma):
            found += [arg.comma.whitespace_before, arg.comma.whitespace_after]
        spaces.append(found)
    return spaces


def _of_operation(node: cst.BinaryOperation) -> list[list[_Whitespace]]:
    spaces: list[list[_Whitespace]] = [[each.whitespace_before for each in node.rpar]]
    left: cst.BaseExpression = node
    first = True
    while isinstance(left, cst.BinaryOperation) and (first or not left.lpar):
        if not first and type(left.operator) is not type(node.operator):
            break
        operator = left.operator
        assert isinstance(operator, cst.Add | cst.BitAnd | cst.BitOr)
        spaces.insert(0, [operator.whitespace_before, operator.whitespace_after])
        left, first = left.left, False
    return [[each.whitespace_after for each in node.lpar], *spaces]


def _comments(spaces: Iterable[_Whitespace]) -> tuple[str, list[str]]:
    """The comment on the line, and those on lines of their own below it."""
    behind, below = "", list[str]()
    for space in spaces:
        if isinstance(space, cst.ParenthesizedWhitespace):
            found = [each.value for each in walk(space) if isinstance(each, cst.Comment)]
            if space.first_line.comment is not None and not behind and not below:
                behind, *found = found
            below += found
    return behind, below


def plain_or_as_it_is(source: Source, node: cst.BaseExpression) -> Item:
    """``node`` in pieces; if it takes several lines, its text, one step further to the right."""
    text = source.code(node)
    if "\n" not in text or _has_long_string(node):
        return pieces(source, node)
    return text.replace("\n", f"\n{source.module.default_indent}")


def _has_long_string(node: cst.CSTNode) -> bool:
    strings = (each for each in walk(node) if isinstance(each, cst.SimpleString))
    return any("\n" in each.value for each in strings) or contains(node, cst.FormattedString)
