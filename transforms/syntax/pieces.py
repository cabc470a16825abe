"""Code of the original as pieces that can be laid out anew: calls, lists and comprehensions.

Line breaks of the original are forgotten, comments with them: whoever uses this consumes the node,
and the engine refuses a site that would lose a comment.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import libcst as cst

from transforms.syntax.layout import Call, Comprehension, Item, Listed, Pipe, Prefixed
from transforms.syntax.source import Source

Given = Mapping[cst.CSTNode, Item]
"""What stands for some of the nodes."""
_NONE: Given = MappingProxyType({})


def pieces(source: Source, node: cst.BaseExpression, given: Given = _NONE) -> Item:
    """``node`` as an item, without parentheses that stood around it for a line break's sake."""
    if node in given:
        return given[node]
    if given and (item := _around(source, node, given)) is not None:
        return item
    match node:
        case cst.Call(func=cst.Attribute(value=cst.Call() as piped, attr=cst.Name("pipe"))):
            stages = tuple(argument(source, each, given) for each in node.args)
            return Pipe(pieces(source, piped, given), stages)
        case cst.Call(func=func, args=args):
            return Call(one_line(source, func), tuple(argument(source, x, given) for x in args))
        case cst.List(elements=elements):
            return Listed(tuple(_element(source, each, given) for each in elements))
        case cst.ListComp() | cst.SetComp() | cst.GeneratorExp():
            element = pieces(source, node.elt, given)
            found = clauses(source, node.for_in, given)
            return Comprehension(element, found, _brackets(node))
        case cst.IfExp() if node.lpar:
            return _choice(source, node)
        case cst.Dict() if "\n" in source.code(node):
            return _entries(source, node, given)
        case cst.Lambda(body=cst.Call() as body) if not node.lpar and not body.lpar:
            head = source.code(node).removesuffix(source.code(body))
            if "\n" not in head:
                return Prefixed(head, pieces(source, body, given))
    return one_line(source, node)


def _around(source: Source, node: cst.BaseExpression, given: Given) -> Item | None:
    """What may be laid out around something new: pipelines, mappers, ``await``."""
    match node:
        case cst.Await(expression=awaited):
            item = Prefixed("await ", pieces(source, awaited, given))
            return Listed((item,), "()") if node.lpar else item
        case cst.Lambda(body=body) if not node.lpar:
            head = source.code(node).removesuffix(source.code(body))
            return Prefixed(head, pieces(source, body, given)) if "\n" not in head else None
        case cst.IfExp(body=body, test=test, orelse=orelse):
            choice = (("if ", test), ("else ", orelse))
            clauses = tuple(Prefixed(word, pieces(source, part, given)) for word, part in choice)
            brackets = "()" if node.lpar else ""
            return Comprehension(pieces(source, body, given), clauses, brackets)
        case cst.Dict():
            return _entries(source, node, given)
    return None


def argument(source: Source, arg: cst.Arg, given: Given = _NONE) -> Item:
    """An argument with its star or its keyword."""
    prefix = f"{arg.keyword.value}=" if arg.keyword is not None else arg.star
    value = arg.value
    item: Item
    if isinstance(value, cst.IfExp) and not given and "\n" in source.code(value):
        item = _choice(source, value)
    else:
        item = pieces(source, value, given)
    return Prefixed(prefix, item) if prefix else item


def _choice(source: Source, node: cst.IfExp) -> Comprehension:
    """``… if … else …``; in the brackets of a call it needs none of its own."""
    parts = (f"if {one_line(source, node.test)}", f"else {one_line(source, node.orelse)}")
    return Comprehension(pieces(source, node.body), parts, "()" if node.lpar else "")


def clauses(source: Source, clause: cst.CompFor | None, given: Given = _NONE) -> tuple[Item, ...]:
    """``for … in …`` and ``if …``, each on its own."""
    found: list[Item] = []
    while clause is not None:
        word = "async for" if clause.asynchronous is not None else "for"
        head = f"{word} {one_line(source, clause.target)} in "
        found.append(Prefixed(head, _iterable(source, clause.iter, given)))
        found += [f"if {one_line(source, condition.test)}" for condition in clause.ifs]
        clause = clause.inner_for_in
    return tuple(found)


def _iterable(source: Source, node: cst.BaseExpression, given: Given) -> Item:
    # Only a call gains from being taken to pieces; others keep their parentheses.
    if node in given or isinstance(node, cst.Call):
        return pieces(source, node, given)
    return one_line(source, node)


def one_line(source: Source, node: cst.CSTNode) -> str:
    """The code of ``node`` on one line; only strings keep the line ends inside them."""
    text = source.code(node)
    if "\n" not in text and "\r" not in text:
        return text
    joined = node.visit(_OneLine())
    assert isinstance(joined, cst.CSTNode)
    return source.module.code_for_node(joined)


def _brackets(node: cst.ListComp | cst.SetComp | cst.GeneratorExp) -> str:
    match node:
        case cst.ListComp():
            return "[]"
        case cst.SetComp():
            return "{}"
    return "()" if node.lpar else ""


def _element(source: Source, element: cst.BaseElement, given: Given) -> Item:
    star = "*" if isinstance(element, cst.StarredElement) else ""
    item = pieces(source, element.value, given)
    return Prefixed(star, item) if star else item


def _entries(source: Source, node: cst.Dict, given: Given) -> Item:
    return Listed(tuple(_entry(source, each, given) for each in node.elements), "{}")


def _entry(source: Source, element: cst.BaseDictElement, given: Given) -> Item:
    prefix = "**"
    if isinstance(element, cst.DictElement):
        prefix = f"{one_line(source, element.key)}: "
    return Prefixed(prefix, pieces(source, element.value, given))


_NOTHING = cst.SimpleWhitespace("")
_Sequence = cst.Call | cst.List | cst.Set | cst.Dict | cst.Tuple


class _OneLine(cst.CSTTransformer):
    """Joins lines: a space for a line break, none next to a bracket, no comma before one."""

    def leave_ParenthesizedWhitespace(
        self, original_node: cst.ParenthesizedWhitespace, updated_node: cst.ParenthesizedWhitespace
    ) -> cst.BaseParenthesizableWhitespace:
        return cst.SimpleWhitespace(" ")

    def leave_SimpleWhitespace(
        self, original_node: cst.SimpleWhitespace, updated_node: cst.SimpleWhitespace
    ) -> cst.BaseParenthesizableWhitespace:
        return cst.SimpleWhitespace(" ") if "\n" in updated_node.value else updated_node

    def on_leave(  # type: ignore[override]
        self, original_node: cst.CSTNode, updated_node: cst.CSTNode
    ) -> object:
        result = super().on_leave(original_node, updated_node)
        match result:
            case cst.LeftParen() | cst.LeftSquareBracket() | cst.LeftCurlyBrace():
                return result.with_changes(whitespace_after=_NOTHING)
            case cst.RightParen() | cst.RightSquareBracket() | cst.RightCurlyBrace():
                return result.with_changes(whitespace_before=_NOTHING)
            case cst.Dot():
                return result.with_changes(whitespace_before=_NOTHING, whitespace_after=_NOTHING)
            case cst.Arg():
                return result.with_changes(whitespace_after_arg=_NOTHING)
            case cst.Call(args=args):
                return _without_last_comma(result, "args", args).with_changes(
                    whitespace_before_args=_NOTHING
                )
            case cst.List(elements=elements) | cst.Set(elements=elements):
                return _without_last_comma(result, "elements", elements)
            case cst.Dict(elements=items):
                return _without_last_comma(result, "elements", items)
            case cst.Tuple(elements=elements) if len(elements) > 1:
                return _without_last_comma(result, "elements", elements)
            case _:
                return result


def _without_last_comma(node: _Sequence, field: str, parts: object) -> _Sequence:
    assert isinstance(parts, list | tuple)
    if not parts:
        return node
    last = parts[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
    return node.with_changes(**{field: [*parts[:-1], last]})
