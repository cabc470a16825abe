"""Which variables surely have a value where: a pass that follows each expression's order.

``flow`` errs towards "may have none" throughout. Here a walrus counts where it is sure to have
run, a generator that a call uses up is no capture, and context managers may be trusted.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass, field

import libcst as cst

from transforms.syntax.flow import free_names
from transforms.syntax.loops import condition_of, jumps, statements
from transforms.syntax.scopes import bound_here, loaded, parameters, walk

Bound = frozenset[str] | None
"""The variables that surely have a value here; None where control never comes."""

_Comprehension = cst.ListComp | cst.SetComp | cst.DictComp | cst.GeneratorExp
_Jump = cst.Return | cst.Raise | cst.Break | cst.Continue


@dataclass(slots=True, eq=False)
class Bindings:
    """What one pass over statements found out.

    Args:
        trusting: take it that no context manager swallows exceptions. If one does, its body may
            have been left half done.
    """

    trusting: bool
    exposed: set[str] = field(default_factory=set)
    """Variables that are read where they may have no value yet."""
    captured: set[str] = field(default_factory=set)
    """Variables that inner functions, classes and stored generators name."""
    stored: set[str] = field(default_factory=set)
    """Variables that are bound here, in this scope."""
    deleted: set[str] = field(default_factory=set)
    at: dict[cst.CSTNode, Bound] = field(default_factory=dict)
    """What is bound in front of each statement, compound or simple."""

    def block(self, nodes: Iterable[cst.CSTNode], bound: Bound) -> Bound:
        for node in nodes:
            bound = self.statement(node, bound)
        return bound

    def statement(self, node: cst.CSTNode, bound: Bound) -> Bound:
        self.at[node] = bound
        if bound is None:
            self._unreachable(node)
            return None
        match node:
            case cst.SimpleStatementLine() | cst.IndentedBlock() | cst.SimpleStatementSuite():
                return self.block(node.body, bound)
            case cst.Else() | cst.Finally():
                return self.statement(node.body, bound)
            case cst.If():
                return self._if(node, bound)
            case cst.While():
                return self._while(node, bound)
            case cst.For():
                return self._for(node, bound)
            case cst.Try() | cst.TryStar():
                return self._try(node, bound)
            case cst.With():
                return self._with(node, bound)
            case cst.Match():
                return self._match(node, bound)
            case cst.FunctionDef() | cst.ClassDef():
                return self._definition(node, bound)
            case _:
                return self._small(node, bound)

    def _unreachable(self, node: cst.CSTNode) -> None:
        self.stored |= bound_here(node)
        for each in walk(node, inner_functions=False):
            self.at[each] = None

    # compound statements

    def _if(self, node: cst.If, bound: frozenset[str]) -> Bound:
        bound = self.expression(node.test, bound)
        taken = self.statement(node.body, bound)
        other = bound if node.orelse is None else self.statement(node.orelse, bound)
        return _meet(taken, other)

    def _while(self, node: cst.While, bound: frozenset[str]) -> Bound:
        bound = self.expression(node.test, bound)
        self.statement(node.body, bound)
        if condition_of(node) is None:
            return self._behind_breaks(node)
        if node.orelse is not None:
            self.statement(node.orelse, bound)
        return bound

    def _behind_breaks(self, node: cst.While) -> Bound:
        """What is bound behind ``while True``: its ``break`` statements alone lead there."""
        end: Bound = None
        for jump in jumps(statements(node.body)):
            if isinstance(jump.node, cst.Break):
                end = _meet(end, self.at[jump.node])
        return end

    def _for(self, node: cst.For, bound: frozenset[str]) -> Bound:
        bound = self.expression(node.iter, bound)
        self.statement(node.body, self._target(node.target, bound))
        if node.orelse is not None:
            self.statement(node.orelse, bound)
        return bound

    def _try(self, node: cst.Try | cst.TryStar, bound: frozenset[str]) -> Bound:
        end = self.statement(node.body, bound)
        if node.orelse is not None:
            end = self.statement(node.orelse, end)
        for handler in node.handlers:
            inside, names = bound, frozenset[str]()
            if handler.type is not None:
                inside = self.expression(handler.type, inside)
            if handler.name is not None:
                names = bound_here(handler.name)
                inside = self._store(names, inside)
            handled = self.statement(handler.body, inside)
            end = _meet(end, None if handled is None else handled - names)
        if node.finalbody is None:
            return end
        # It runs however the rest ended, and adds to what an undisturbed run has bound.
        last = self.statement(node.finalbody, bound)
        return None if end is None or last is None else end | last

    def _with(self, node: cst.With, bound: frozenset[str]) -> Bound:
        for item in node.items:
            bound = self.expression(item.item, bound)
            if item.asname is not None:
                bound = self._target(item.asname.name, bound)
        end = self.statement(node.body, bound)
        return end if self.trusting else bound

    def _match(self, node: cst.Match, bound: frozenset[str]) -> Bound:
        bound = self.expression(node.subject, bound)
        end: Bound = bound
        for case in node.cases:
            self.exposed |= loaded(case.pattern) - bound
            inside = self._store(bound_here(case.pattern), bound)
            if case.guard is not None:
                inside = self.expression(case.guard, inside)
            end = _meet(end, self.statement(case.body, inside))
        return end

    def _definition(self, node: cst.FunctionDef | cst.ClassDef, bound: frozenset[str]) -> Bound:
        self.captured |= free_names(node) | _declared_inside(node)
        return self._store({node.name.value}, bound)

    # simple statements

    def _small(self, node: cst.CSTNode, bound: frozenset[str]) -> Bound:
        match node:
            case cst.Assign():
                bound = self.expression(node.value, bound)
                for target in node.targets:
                    bound = self._target(target.target, bound)
                return bound
            case cst.AugAssign():
                bound = self.expression(node.target, bound)
                return self._target(node.target, self.expression(node.value, bound))
            case cst.AnnAssign(value=None):
                return bound
            case cst.AnnAssign(value=cst.BaseExpression() as value):
                return self._target(node.target, self.expression(value, bound))
            case cst.Del():
                names = bound_here(node)
                self.deleted |= names
                return self.expression(node.target, bound) - names
            case cst.Import() | cst.ImportFrom():
                return self._store(bound_here(node), bound)
            case cst.Global() | cst.Nonlocal():
                return bound
            case cst.Assert():
                self.expression(node, bound)
                return bound  # `python -O` leaves it out
            case _:
                bound = self.expression(node, bound)
                return None if isinstance(node, _Jump) else bound

    def _store(self, names: Set[str], bound: frozenset[str]) -> frozenset[str]:
        self.stored |= names
        return bound | names

    def _target(self, node: cst.CSTNode, bound: frozenset[str]) -> frozenset[str]:
        match node:
            case cst.Name():
                return self._store({node.value}, bound)
            case cst.Tuple() | cst.List():
                for element in node.elements:
                    bound = self._target(element.value, bound)
                return bound
            case _:
                return self.expression(node, bound)

    # expressions, in the order of their evaluation

    def expression(self, node: cst.CSTNode, bound: frozenset[str]) -> frozenset[str]:
        match node:
            case cst.Name():
                if node.value not in bound:
                    self.exposed.add(node.value)
                return bound
            case cst.Attribute():
                return self.expression(node.value, bound)
            case cst.Arg():
                return self._argument(node, bound)
            case cst.NamedExpr():
                return self._target(node.target, self.expression(node.value, bound))
            case cst.BooleanOperation():
                bound = self.expression(node.left, bound)
                self.expression(node.right, bound)
                return bound
            case cst.Comparison():
                return self._comparison(node, bound)
            case cst.IfExp():
                bound = self.expression(node.test, bound)
                return self.expression(node.body, bound) & self.expression(node.orelse, bound)
            case cst.Lambda():
                self.captured |= free_names(node)
                return bound
            case cst.GeneratorExp():
                self.captured |= free_names(node)
                return self._comprehension(node, bound)
            case cst.ListComp() | cst.SetComp() | cst.DictComp():
                return self._comprehension(node, bound)
            case _:
                for child in node.children:
                    bound = self.expression(child, bound)
                return bound

    def _argument(self, node: cst.Arg, bound: frozenset[str]) -> frozenset[str]:
        # `any(x for x in y)`: a generator that is the argument of a call is used up there.
        if isinstance(node.value, cst.GeneratorExp):
            return self._comprehension(node.value, bound)
        return self.expression(node.value, bound)

    def _comparison(self, node: cst.Comparison, bound: frozenset[str]) -> frozenset[str]:
        first, *others = node.comparisons
        bound = self.expression(first, self.expression(node.left, bound))
        for other in others:
            self.expression(other, bound)
        return bound

    def _comprehension(self, node: _Comprehension, bound: frozenset[str]) -> frozenset[str]:
        bound = self.expression(node.for_in.iter, bound)
        self.exposed |= free_names(node) - bound
        self.stored |= bound_here(node)
        return bound


def _meet(one: Bound, other: Bound) -> Bound:
    if one is None or other is None:
        return other if one is None else one
    return one & other


def _declared_inside(node: cst.FunctionDef | cst.ClassDef) -> frozenset[str]:
    """What an inner function may rebind: all that it binds and is not its parameter."""
    if isinstance(node, cst.ClassDef):
        return bound_here(node.body)
    return bound_here(node.body) - {each.name.value for each in parameters(node)}


def bound_before(function: cst.FunctionDef, statement: cst.CSTNode) -> frozenset[str]:
    """The variables of ``function`` that surely have a value in front of ``statement``.

    Context managers are taken not to swallow exceptions.
    """
    found = Bindings(trusting=True)
    own = frozenset(parameter.name.value for parameter in parameters(function))
    found.statement(function.body, own)
    return (found.at.get(statement) or frozenset()) - found.deleted
