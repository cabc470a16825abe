"""Who binds and who reads a name, on libcst nodes.

By name, not by scope: an inner function's variable of the same name counts, too. So "nobody else
uses it" errs towards refusing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import libcst as cst

from transforms.syntax.places import children

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
    collector = _Collector()
    node.visit(collector)
    return tuple(each for each in collector.found if name is None or each.name == name)


def loaded(node: cst.CSTNode) -> frozenset[str]:
    """The variables that ``node`` reads (an augmented assignment reads its target)."""
    return frozenset(each.name for each in occurrences(node) if each.role == "load")


def bound(node: cst.CSTNode) -> frozenset[str]:
    """The variables that ``node`` binds, deletes or declares, inner functions included."""
    return frozenset(each.name for each in occurrences(node) if each.role != "load")


def bound_here(node: cst.CSTNode) -> frozenset[str]:
    """The variables that ``node`` binds in its own scope: not those of inner functions.

    Comprehension targets are left out, walrus targets inside them are not.
    """
    collector = _Collector(own_scope=True)
    node.visit(collector)
    return frozenset(each.name for each in collector.found if each.role not in ("load",))


def own_occurrences(function: cst.FunctionDef | cst.Lambda, name: str) -> tuple[Occurrence, ...]:
    """The places in the function's own scope that name the variable.

    The bodies of inner functions and the targets of comprehensions are left out.
    """
    collector = _Collector(own_scope=True)
    function.visit(collector)
    itself = function.name if isinstance(function, cst.FunctionDef) else None
    return tuple(each for each in collector.found if each.name == name and each.node is not itself)


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


def walk(node: cst.CSTNode, *, inner_functions: bool = True) -> Iterator[cst.CSTNode]:
    """``node`` and all below it, in source order.

    Without ``inner_functions``, the bodies of functions and lambdas below it are left out.
    """
    yield node
    stack = list(reversed(tuple(children(node))))
    while stack:
        current = stack.pop()
        yield current
        if inner_functions or not isinstance(current, cst.FunctionDef | cst.Lambda):
            stack.extend(reversed(tuple(children(current))))


class _Collector(cst.CSTVisitor):
    """Notes names with their roles. Targets are told from reads by the node that holds them."""

    def __init__(self, own_scope: bool = False) -> None:
        super().__init__()
        self.found: list[Occurrence] = []
        self._own_scope = own_scope
        self._depth = 0
        self._in_class = [False]
        self._comprehensions = 0

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
                node.visit(self)

    # reads

    def visit_Name(self, node: cst.Name) -> None:
        self._note(node, "load")

    def visit_Attribute(self, node: cst.Attribute) -> bool:
        node.value.visit(self)
        return False

    def visit_Arg(self, node: cst.Arg) -> bool:
        node.value.visit(self)
        return False

    # targets

    def visit_Assign(self, node: cst.Assign) -> bool:
        node.value.visit(self)
        for target in node.targets:
            self._target(target.target)
        return False

    def visit_AugAssign(self, node: cst.AugAssign) -> bool:
        node.target.visit(self)
        self._target(node.target)
        node.value.visit(self)
        return False

    def visit_AnnAssign(self, node: cst.AnnAssign) -> bool:
        node.annotation.visit(self)
        self._target(node.target)
        if node.value is not None:
            node.value.visit(self)
        return False

    def visit_NamedExpr(self, node: cst.NamedExpr) -> bool:
        node.value.visit(self)
        self._target(node.target)
        return False

    def visit_For(self, node: cst.For) -> bool:
        node.iter.visit(self)
        self._target(node.target)
        node.body.visit(self)
        if node.orelse is not None:
            node.orelse.visit(self)
        return False

    def visit_CompFor(self, node: cst.CompFor) -> bool:
        node.iter.visit(self)
        if not self._own_scope:
            self._target(node.target)
        for condition in node.ifs:
            condition.visit(self)
        if node.inner_for_in is not None:
            node.inner_for_in.visit(self)
        return False

    def visit_AsName(self, node: cst.AsName) -> bool:
        self._target(node.name)
        return False

    def visit_Del(self, node: cst.Del) -> bool:
        self._target(node.target, "delete")
        return False

    def visit_ImportAlias(self, node: cst.ImportAlias) -> bool:
        if node.asname is not None:
            self._target(node.asname.name, "import")
            return False
        first: cst.BaseExpression = node.name
        while isinstance(first, cst.Attribute):
            first = first.value
        self._note(first, "import")
        return False

    def visit_ImportFrom(self, node: cst.ImportFrom) -> bool:
        if not isinstance(node.names, cst.ImportStar):
            for alias in node.names:
                alias.visit(self)
        return False

    def visit_NameItem(self, node: cst.NameItem) -> bool:
        self._note(node.name, "declaration")
        return False

    def visit_MatchAs(self, node: cst.MatchAs) -> bool:
        if node.pattern is not None:
            node.pattern.visit(self)
        self._note(node.name, "store")
        return False

    def visit_MatchStar(self, node: cst.MatchStar) -> bool:
        self._note(node.name, "store")
        return False

    def visit_MatchMapping(self, node: cst.MatchMapping) -> bool:
        for element in node.elements:
            element.visit(self)
        self._note(node.rest, "store")
        return False

    # scopes

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool:
        for decorator in node.decorators:
            decorator.visit(self)
        if not self._in_class[-1]:
            self._note(node.name, "definition")
        self._outer_parts(node.params)
        if node.returns is not None:
            node.returns.visit(self)
        if self._own_scope and self._depth:
            return False
        self._inner(node.params, node.body)
        return False

    def visit_Lambda(self, node: cst.Lambda) -> bool:
        self._outer_parts(node.params)
        if not (self._own_scope and self._depth):
            self._inner(node.params, node.body)
        return False

    def _outer_parts(self, params: cst.Parameters) -> None:
        """Defaults and annotations run outside the function."""
        for param in _all_params(params):
            if param.default is not None:
                param.default.visit(self)
            if param.annotation is not None:
                param.annotation.visit(self)

    def _inner(self, params: cst.Parameters, body: cst.CSTNode) -> None:
        self._depth += 1
        self._in_class.append(False)
        for param in _all_params(params):
            self._note(param.name, "parameter")
        body.visit(self)
        self._in_class.pop()
        self._depth -= 1

    def visit_ClassDef(self, node: cst.ClassDef) -> bool:
        for decorator in node.decorators:
            decorator.visit(self)
        self._note(node.name, "definition")
        for argument in (*node.bases, *node.keywords):
            argument.visit(self)
        self._in_class.append(True)
        node.body.visit(self)
        self._in_class.pop()
        return False


def _all_params(params: cst.Parameters) -> Iterator[cst.Param]:
    yield from params.posonly_params
    yield from params.params
    if isinstance(params.star_arg, cst.Param):
        yield params.star_arg
    yield from params.kwonly_params
    if params.star_kwarg is not None:
        yield params.star_kwarg
