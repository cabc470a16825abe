"""Variables whose value somebody may notice to go: a temporary directory, an open file, a task.

In a function, a value lives until the function ends. In a step of a pipeline it lives until the
step ends. That is the same for numbers, texts and collections of what others hold; it is not for
an object that does something when nobody refers to it any more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import libcst as cst

from transforms.syntax.scopes import walk
from transforms.syntax.source import Source
from transforms.syntax.stability import function_called

_Names = frozenset[str]


def held(source: Source, statements: Iterable[cst.CSTNode]) -> _Names:
    """What the statements bind to values that may have to live on."""
    found: set[str] = set()
    for statement in statements:
        for node in walk(statement, inner_functions=False):
            for value, target in _bindings(node):
                if not is_plain(source, value):
                    found |= _names(target)
    return frozenset(found)


def is_plain(source: Source, node: cst.CSTNode | None) -> bool:
    """Whether nobody can tell how long the value of the expression lives."""
    match node:
        case None | cst.Name() | cst.Attribute() | cst.Subscript() | cst.Comparison():
            return True
        case cst.Integer() | cst.Float() | cst.Imaginary() | cst.Lambda():
            return True
        case cst.SimpleString() | cst.ConcatenatedString() | cst.FormattedString():
            return True
        case cst.UnaryOperation() | cst.BinaryOperation():
            return True
        case cst.BooleanOperation(left=left, right=right):
            return is_plain(source, left) and is_plain(source, right)
        case cst.IfExp(body=body, orelse=orelse):
            return is_plain(source, body) and is_plain(source, orelse)
        case cst.Tuple() | cst.List() | cst.Set() | cst.Dict():
            return all(is_plain(source, each.value) for each in node.elements)
        case cst.ListComp() | cst.SetComp() | cst.GeneratorExp():
            return is_plain(source, node.elt)
        case cst.DictComp(key=key, value=value):
            return is_plain(source, key) and is_plain(source, value)
        case cst.Call(func=func, args=args):
            return _gives_data(source, node, func) and all(
                is_plain(source, arg.value) for arg in args
            )
    return False


_BUILTINS = frozenset(
    {
        *("abs", "all", "any", "bool", "bytes", "dict", "divmod", "enumerate", "float"),
        *("frozenset", "hash", "id", "int", "isinstance", "len", "list", "max", "min", "range"),
        *("repr", "reversed", "round", "set", "sorted", "str", "sum", "tuple", "type", "zip"),
    }
)
_METHODS = frozenset(
    {
        *("copy", "count", "difference", "endswith", "format", "get", "index", "intersection"),
        *("isdisjoint", "issubset", "items", "join", "keys", "lower", "lstrip", "partition"),
        *("removeprefix", "removesuffix", "replace", "rstrip", "split", "splitlines"),
        *("startswith", "strip", "title", "total_seconds", "union", "upper", "values"),
    }
)
_ORIGINS = ("time.", "math.", "datetime.", "json.", "collections.", "itertools.", "statistics.")
_TYPES = frozenset(
    {
        *("None", "Optional", "Union", "bool", "bytes", "complex", "float", "int", "str"),
        *("Dict", "FrozenSet", "List", "Mapping", "Sequence", "Set", "Tuple"),
        *("dict", "frozenset", "list", "set", "tuple"),
    }
)


def _gives_data(source: Source, call: cst.Call, func: cst.BaseExpression) -> bool:
    origin = source.origin(func)
    if origin is not None:
        return origin.startswith(_ORIGINS)
    if isinstance(func, cst.Name) and func.value in _BUILTINS:
        return True
    if isinstance(func, cst.Attribute) and func.attr.value in _METHODS:
        return True
    if source.parent(call) is None:
        return False
    function = function_called(source, func)
    if function is None or function.returns is None or function.asynchronous is not None:
        return False
    words = re.findall(r"\w+", source.code(function.returns.annotation))
    return bool(words) and _TYPES.issuperset(words)


def _bindings(node: cst.CSTNode) -> Iterator[tuple[cst.CSTNode | None, cst.CSTNode]]:
    """Pairs of a value and what it is bound to."""
    match node:
        case cst.Assign(targets=targets, value=value):
            for each in targets:
                yield value, each.target
        case cst.AnnAssign(target=target, value=value) | cst.AugAssign(target=target, value=value):
            yield value, target
        case cst.NamedExpr(target=target, value=value):
            yield value, target
        case cst.For(target=target, iter=value):
            yield value, target


def _names(target: cst.CSTNode) -> set[str]:
    match target:
        case cst.Name():
            return {target.value}
        case cst.Tuple() | cst.List():
            return set().union(*(_names(each.value) for each in target.elements))
    return set()
