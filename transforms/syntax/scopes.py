"""Who binds and who reads a name, on libcst nodes.

By name, not by scope: an inner function's variable of the same name counts, too. So "nobody else
uses it" errs towards refusing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import libcst as cst

from transforms.syntax.lazy import LazyBlock, LazyClass, LazyFunction, is_closed, open_bodies
from transforms.syntax.places import children, parts

Role = Literal["load", "store", "delete", "parameter", "definition", "import", "declaration"]
"""``declaration`` is a ``global`` or ``nonlocal`` statement; ``definition`` a def or class."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One place where a variable is named."""

    name: str
    role: Role
    node: cst.Name


def occurrences(node: cst.CSTNode, name: str | None = None) -> tuple[Occurrence, ...]:
    """The places in ``node`` that name a variable (``name``, or any), in source order.

    Attribute names, keyword names and the names of methods in a class body are no variables.
    """
    return _all(node) if name is None else _by_name(node, open_bodies(node, name)).get(name, ())


# The same few nodes are asked about again and again: the module, the function at hand.
@lru_cache(maxsize=8)
def _all(node: cst.CSTNode) -> tuple[Occurrence, ...]:
    collector = _Collector()
    collector.visit(node)
    return tuple(collector.found)


@lru_cache(maxsize=8)
def _by_name(node: cst.CSTNode, opened: int) -> dict[str, tuple[Occurrence, ...]]:
    """By name, in all bodies that are open when ``opened`` of them are."""
    collector = _Collector(opens=False)
    collector.visit(node)
    found: dict[str, list[Occurrence]] = {}
    for each in collector.found:
        found.setdefault(each.name, []).append(each)
    return {name: tuple(places) for name, places in found.items()}


@lru_cache(maxsize=8)
def _own(node: cst.CSTNode) -> tuple[Occurrence, ...]:
    collector = _Collector(own_scope=True)
    collector.visit(node)
    return tuple(collector.found)


@lru_cache(maxsize=2)
def _nodes(module: cst.Module) -> tuple[cst.CSTNode, ...]:
    return tuple(_walked(module, inner_functions=True))


def loaded(node: cst.CSTNode) -> frozenset[str]:
    """The variables that ``node`` reads (an augmented assignment reads its target)."""
    return frozenset(each.name for each in occurrences(node) if each.role == "load")


def bound(node: cst.CSTNode) -> frozenset[str]:
    """The variables that ``node`` binds, deletes or declares, inner functions included."""
    return frozenset(each.name for each in occurrences(node) if each.role != "load")


def binds(node: cst.CSTNode, name: str) -> bool:
    """Whether ``name in bound(node)``; it looks only where the name stands."""
    return any(each.role != "load" for each in occurrences(node, name))


def bound_here(node: cst.CSTNode) -> frozenset[str]:
    """The variables that ``node`` binds in its own scope: not those of inner functions.

    Comprehension targets are left out, walrus targets inside them are not.
    """
    return frozenset(each.name for each in _own(node) if each.role not in ("load",))


def own_occurrences(function: cst.FunctionDef | cst.Lambda, name: str) -> tuple[Occurrence, ...]:
    """The places in the function's own scope that name the variable.

    The bodies of inner functions and the targets of comprehensions are left out.
    """
    itself = function.name if isinstance(function, cst.FunctionDef) else None
    return tuple(each for each in _own(function) if each.name == name and each.node is not itself)


def is_local(function: cst.FunctionDef | cst.Lambda, name: str) -> bool:
    """Whether the name is a variable of the function itself: a parameter, or bound in its body."""
    roles = {each.role for each in own_occurrences(function, name)}
    return "declaration" not in roles and bool(roles - {"load"})


def parameters(function: cst.FunctionDef | cst.Lambda) -> tuple[cst.Param, ...]:
    """All parameters, in their order, ``*args`` and ``**kwargs`` included."""
    return tuple(_all_params(function.params))


def contains(node: cst.CSTNode, *kinds: type[cst.CSTNode], inner_functions: bool = True) -> bool:
    """Whether a node of one of these kinds is in ``node`` (or is it)."""
    return any(isinstance(each, kinds) for each in walk(node, inner_functions=inner_functions))


def walk(
    node: cst.CSTNode,
    *,
    inner_functions: bool = True,
    passing_over: Callable[[Set[str]], bool] | None = None,
) -> Iterator[cst.CSTNode]:
    """``node`` and all below it, in source order.

    Without ``inner_functions``, the bodies of functions and lambdas below it are left out.
    ``passing_over`` says of a function's body, by the words in it, that it holds nothing that is
    looked for: ``{name}.isdisjoint``. If nobody has parsed it so far, it is left out, too.
    """
    if passing_over is not None:
        return _walked_over(node, passing_over)
    if inner_functions and isinstance(node, cst.Module):
        return iter(_nodes(node))
    return _walked(node, inner_functions)


def _walked(node: cst.CSTNode, inner_functions: bool) -> Iterator[cst.CSTNode]:
    yield node
    stack = list(reversed(children(node)))
    while stack:
        current = stack.pop()
        yield current
        if inner_functions or not isinstance(current, cst.FunctionDef | cst.Lambda):
            stack.extend(reversed(children(current)))


def _walked_over(
    node: cst.CSTNode, passing_over: Callable[[Set[str]], bool]
) -> Iterator[cst.CSTNode]:
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        if not is_closed(current) or not passing_over(current.words):
            stack.extend(reversed(children(current)))


class _Collector:
    """Notes names with their roles. Targets are told from reads by the node that holds them."""

    def __init__(self, own_scope: bool = False, opens: bool = True) -> None:
        self.found: list[Occurrence] = []
        self._own_scope = own_scope
        self._opens = opens
        """Whether it looks into bodies that nobody has parsed so far."""
        self._depth = 0
        self._in_class = [False]
        self._comprehensions = 0

    def visit(self, node: cst.CSTNode) -> None:
        """Note what is in ``node``. Much faster than a visitor of libcst's."""
        visit = _VISITS.get(node.__class__)
        if visit is not None:
            visit(self, node)
            return
        for part in parts(node):
            self.visit(part)

    def _note(self, node: cst.CSTNode | None, role: Role) -> None:
        if isinstance(node, cst.Name):
            self.found.append(Occurrence(node.value, role, node))

    def _target(self, node: cst.CSTNode, role: Role = "store") -> None:
        match node:
            case cst.Name():
                self._note(node, role)
            case cst.Tuple() | cst.List():
                for element in node.elements:
                    self._target(element.value, role)
            case _:
                self.visit(node)

    def _visit_lazily(self, node: LazyBlock | LazyFunction | LazyClass) -> None:
        if node.is_closed and not self._opens:
            return
        match node:
            case LazyFunction():
                self._visit_FunctionDef(node)
            case LazyClass():
                self._visit_ClassDef(node)
            case _:
                for part in parts(node):
                    self.visit(part)

    # reads

    def _visit_Name(self, node: cst.Name) -> None:
        self._note(node, "load")

    def _visit_Attribute(self, node: cst.Attribute) -> None:
        self.visit(node.value)

    def _visit_Arg(self, node: cst.Arg) -> None:
        self.visit(node.value)

    # targets

    def _visit_Assign(self, node: cst.Assign) -> None:
        self.visit(node.value)
        for target in node.targets:
            self._target(target.target)

    def _visit_AugAssign(self, node: cst.AugAssign) -> None:
        self.visit(node.target)
        self._target(node.target)
        self.visit(node.value)

    def _visit_AnnAssign(self, node: cst.AnnAssign) -> None:
        self.visit(node.annotation)
        self._target(node.target)
        if node.value is not None:
            self.visit(node.value)

    def _visit_NamedExpr(self, node: cst.NamedExpr) -> None:
        self.visit(node.value)
        self._target(node.target)

    def _visit_For(self, node: cst.For) -> None:
        self.visit(node.iter)
        self._target(node.target)
        self.visit(node.body)
        if node.orelse is not None:
            self.visit(node.orelse)

    def _visit_CompFor(self, node: cst.CompFor) -> None:
        self.visit(node.iter)
        if not self._own_scope:
            self._target(node.target)
        for condition in node.ifs:
            self.visit(condition)
        if node.inner_for_in is not None:
            self.visit(node.inner_for_in)

    def _visit_AsName(self, node: cst.AsName) -> None:
        self._target(node.name)

    def _visit_Del(self, node: cst.Del) -> None:
        self._target(node.target, "delete")

    def _visit_ImportAlias(self, node: cst.ImportAlias) -> None:
        if node.asname is not None:
            self._target(node.asname.name, "import")
            return
        first: cst.BaseExpression = node.name
        while isinstance(first, cst.Attribute):
            first = first.value
        self._note(first, "import")

    def _visit_ImportFrom(self, node: cst.ImportFrom) -> None:
        if not isinstance(node.names, cst.ImportStar):
            for alias in node.names:
                self.visit(alias)

    def _visit_NameItem(self, node: cst.NameItem) -> None:
        self._note(node.name, "declaration")

    def _visit_MatchAs(self, node: cst.MatchAs) -> None:
        if node.pattern is not None:
            self.visit(node.pattern)
        self._note(node.name, "store")

    def _visit_MatchStar(self, node: cst.MatchStar) -> None:
        self._note(node.name, "store")

    def _visit_MatchMapping(self, node: cst.MatchMapping) -> None:
        for element in node.elements:
            self.visit(element)
        self._note(node.rest, "store")

    # scopes

    def _visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        for decorator in node.decorators:
            self.visit(decorator)
        if not self._in_class[-1]:
            self._note(node.name, "definition")
        self._outer_parts(node.params)
        if node.returns is not None:
            self.visit(node.returns)
        if self._own_scope and self._depth:
            return
        self._inner(node.params, node.body)

    def _visit_Lambda(self, node: cst.Lambda) -> None:
        self._outer_parts(node.params)
        if not (self._own_scope and self._depth):
            self._inner(node.params, node.body)

    def _outer_parts(self, params: cst.Parameters) -> None:
        """Defaults and annotations run outside the function."""
        for param in _all_params(params):
            if param.default is not None:
                self.visit(param.default)
            if param.annotation is not None:
                self.visit(param.annotation)

    def _inner(self, params: cst.Parameters, body: cst.CSTNode) -> None:
        self._depth += 1
        self._in_class.append(False)
        for param in _all_params(params):
            self._note(param.name, "parameter")
        self.visit(body)
        self._in_class.pop()
        self._depth -= 1

    def _visit_ClassDef(self, node: cst.ClassDef) -> None:
        for decorator in node.decorators:
            self.visit(decorator)
        self._note(node.name, "definition")
        for argument in (*node.bases, *node.keywords):
            self.visit(argument)
        self._in_class.append(True)
        self.visit(node.body)
        self._in_class.pop()


_VISITS: dict[type[cst.CSTNode], Callable[[_Collector, Any], None]] = {
    getattr(cst, name.removeprefix("_visit_")): visit
    for name, visit in vars(_Collector).items()
    if name.startswith("_visit_") and name != "_visit_lazily"
}
_VISITS |= dict.fromkeys((LazyBlock, LazyFunction, LazyClass), _Collector._visit_lazily)


def _all_params(params: cst.Parameters) -> Iterator[cst.Param]:
    yield from params.posonly_params
    yield from params.params
    if isinstance(params.star_arg, cst.Param):
        yield params.star_arg
    yield from params.kwonly_params
    if params.star_kwarg is not None:
        yield params.star_kwarg
