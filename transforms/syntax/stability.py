"""Which expressions mean the same now and later, and which function a called name is.

A step of a pipeline may run later than the call that it stands for. What it reads then must be
what the original read when it made the call.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import libcst as cst

from transforms.syntax.scopes import (
    Occurrence,
    is_local,
    occurrences,
    own_occurrences,
    parameters,
    walk,
)
from transforms.syntax.source import Source

_Function = cst.FunctionDef | cst.Lambda
_Home = cst.FunctionDef | cst.Lambda | cst.Module


def is_constant(node: cst.BaseExpression) -> bool:
    """A number, a string, ``None``, ``True`` or ``False``."""
    match node:
        case cst.Name(value="None" | "True" | "False"):
            return True
        case cst.UnaryOperation(operator=cst.Minus(), expression=expression):
            return isinstance(expression, cst.Integer | cst.Float)
    return isinstance(node, cst.Integer | cst.Float | cst.SimpleString)


def is_bound_once(source: Source, name: cst.Name) -> bool:
    """Whether one place binds the variable, once, and does so before ``name`` is read.

    False as well for what no place of the file binds: builtins, star imports.
    """
    binding = only_binding(source, name)
    if binding is None:
        return False
    if binding.role in ("parameter", "import"):
        return True
    statement = source.statement(binding.node)
    home = _home(source, name)
    if statement is None or _in_loop(source, statement, home):
        return False
    around = set(source.ancestors(name))
    if isinstance(statement, cst.With):
        return statement.body in around
    if not isinstance(statement, cst.SimpleStatementLine | cst.FunctionDef | cst.ClassDef):
        return False
    is_above = isinstance(home, cst.Module) or source.span(statement) < source.span(name)
    return is_above and source.parent(statement) in around


def only_binding(source: Source, name: cst.Name) -> Occurrence | None:
    """The one place that binds the variable; None if there are more, or none."""
    bindings = _bindings(source, name.value, _home(source, name))
    return bindings[0] if len(bindings) == 1 and bindings[0].role != "declaration" else None


def function_called(source: Source, func: cst.BaseExpression) -> cst.FunctionDef | None:
    """The definition behind ``f`` or ``self.f``, if this file has exactly one and it is plain."""
    found: cst.CSTNode | None = None
    match func:
        case cst.Name():
            binding = only_binding(source, func)
            found = source.parent(binding.node) if binding is not None else None
        case cst.Attribute() if is_own_method(source, func):
            (found,) = _methods(source, func)
    if isinstance(found, cst.FunctionDef) and not found.decorators:
        return found
    return None


def is_own_method(source: Source, func: cst.Attribute) -> bool:
    """Whether it is ``self.f`` (or ``cls.f``) in a class whose body defines ``f``, as a method."""
    return len(_methods(source, func)) == 1


def accepts(function: cst.FunctionDef, call: cst.Call, *, bound: bool = False) -> bool:
    """Whether the function can be called with these arguments (``bound``: as a method)."""
    params = function.params
    if any(arg.star for arg in call.args) or params.star_kwarg is not None:
        return False
    if isinstance(params.star_arg, cst.Param):
        return False
    positional = [*params.posonly_params, *params.params][1 if bound else 0 :]
    given = [arg.keyword.value for arg in call.args if arg.keyword is not None]
    count = len(call.args) - len(given)
    if count > len(positional):
        return False
    nameable = {param.name.value for param in (*params.params, *params.kwonly_params)}
    nameable -= {param.name.value for param in positional[:count]}
    if len(set(given)) != len(given) or not set(given) <= nameable:
        return False
    needed = [param for param in (*positional[count:], *params.kwonly_params) if not param.default]
    return all(param.name.value in given for param in needed)


def _methods(source: Source, func: cst.Attribute) -> tuple[cst.FunctionDef, ...]:
    owner = source.enclosing(func, cst.ClassDef)
    if owner is None or not isinstance(func.value, cst.Name):
        return ()
    method = next((each for each in _functions(source, func) if _is_in(source, each, owner)), None)
    if method is None or not isinstance(method, cst.FunctionDef):
        return ()
    first = next(iter(parameters(method)), None)
    if first is None or first.name.value != func.value.value:
        return ()
    if only_binding(source, func.value) is None:
        return ()
    return tuple(
        each
        for each in owner.body.body
        if isinstance(each, cst.FunctionDef)
        and each.name.value == func.attr.value
        and not any(_last_word(mark.decorator) in _NO_METHODS for mark in each.decorators)
    )


_NO_METHODS = frozenset({"property", "cached_property", "setter", "getter", "deleter", "overload"})


def _last_word(node: cst.BaseExpression) -> str:
    while isinstance(node, cst.Call):
        node = node.func
    match node:
        case cst.Attribute(attr=attr):
            return attr.value
        case cst.Name(value=value):
            return value
    return ""


def _is_in(source: Source, function: cst.CSTNode, owner: cst.ClassDef) -> bool:
    return source.parent(function) is owner.body


def _bindings(source: Source, name: str, home: _Home) -> tuple[Occurrence, ...]:
    if isinstance(home, _Function):
        # What inner functions bind is theirs, unless they say ``nonlocal``.
        inner = (node for node in walk(home) if isinstance(node, cst.Nonlocal | cst.Global))
        declared = (item.name for node in inner for item in node.names)
        return (
            *(each for each in own_occurrences(home, name) if each.role != "load"),
            *(Occurrence(name, "declaration", item) for item in declared if item.value == name),
        )
    found = source.once("bound by the module", lambda: _bound_by_module(source)).get(name, ())
    if "global" not in source.text:
        return tuple(found)
    definitions = (each for each in home.body if isinstance(each, cst.FunctionDef | cst.ClassDef))
    return (*found, *(item for each in definitions for item in _declared_global(each, name)))


def _bound_by_module(source: Source) -> Mapping[str, Sequence[Occurrence]]:
    """What the module's own statements bind, by name."""
    found: dict[str, list[Occurrence]] = {}
    for statement in source.module.body:
        if isinstance(statement, cst.FunctionDef | cst.ClassDef):
            own = Occurrence(statement.name.value, "definition", statement.name)
            found.setdefault(own.name, []).append(own)
        else:
            for each in occurrences(statement):
                if each.role != "load":
                    found.setdefault(each.name, []).append(each)
    return found


def _declared_global(statement: cst.CSTNode, name: str) -> Iterator[Occurrence]:
    """``global name`` inside."""
    for node in walk(statement, passing_over=lambda words: not {"global", name} <= words):
        if isinstance(node, cst.Global):
            for item in node.names:
                if item.name.value == name:
                    yield Occurrence(name, "declaration", item.name)


def _home(source: Source, name: cst.Name) -> _Home:
    """The function whose variable it is, else the module."""
    for function in _functions(source, name):
        if is_local(function, name.value):
            return function
    return source.module


def _in_loop(source: Source, statement: cst.CSTNode, home: cst.CSTNode) -> bool:
    for ancestor in source.ancestors(statement):
        if ancestor is home:
            return False
        if isinstance(ancestor, cst.For | cst.While):
            return True
    return False


def _functions(source: Source, node: cst.CSTNode) -> Iterator[_Function]:
    for ancestor in source.ancestors(node):
        if isinstance(ancestor, _Function):
            yield ancestor
