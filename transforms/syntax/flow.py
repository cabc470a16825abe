"""Which variables a piece of a function may read before it has bound them, on libcst nodes.

What moves into a function of its own takes its variables along: those that it reads from
outside have to be bound by then, and those that it binds must not be missed outside. Answers
err towards "may be read" and "may be unbound".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import libcst as cst

from transforms.syntax.scopes import bound_here, occurrences, parameters, walk

_Function = cst.FunctionDef | cst.Lambda
_Comprehension = cst.ListComp | cst.SetComp | cst.DictComp | cst.GeneratorExp
_Names = frozenset[str]
_NOTHING: _Names = frozenset()


# --- expressions ---------------------------------------------------------------------------


def free_names(node: cst.CSTNode) -> _Names:
    """The variables that ``node`` reads and that are not its own (a comprehension's target is)."""
    match node:
        case cst.Name():
            return frozenset({node.value})
        case cst.Attribute() | cst.Arg() | cst.NamedExpr():
            return free_names(node.value)
        case cst.ListComp() | cst.SetComp() | cst.DictComp() | cst.GeneratorExp():
            return _free_in_comprehension(node)
        case cst.Lambda() | cst.FunctionDef():
            return _free_in_function(node)
        case cst.ClassDef():
            return _all_free((*node.decorators, *node.bases, *node.keywords, node.body))
        case cst.Assign():
            return free_names(node.value).union(*(_read_by(each.target) for each in node.targets))
        case cst.AnnAssign():
            # The annotation of a local variable is not evaluated.
            return _read_by(node.target) | _all_free(_given(node.value))
        case cst.For():
            return _read_by(node.target) | _all_free((node.iter, node.body, *_given(node.orelse)))
        case cst.AsName():
            return _read_by(node.name)
        case cst.Import() | cst.ImportFrom() | cst.Global() | cst.Nonlocal():
            return _NOTHING
        case cst.MatchAs() | cst.MatchStar() | cst.MatchMapping():
            return frozenset(each.name for each in occurrences(node) if each.role == "load")
    return _all_free(node.children)


def captured(statements: Iterable[cst.CSTNode]) -> _Names:
    """Variables from outside that functions, lambdas and generators use later on."""
    found: set[str] = set()
    for statement in statements:
        for each in walk(statement, inner_functions=False):
            if isinstance(each, _Function | cst.GeneratorExp):
                found |= free_names(each)
            if isinstance(each, cst.FunctionDef):
                found |= _declared_nonlocal(each)
    return frozenset(found)


def _given(node: cst.CSTNode | None) -> tuple[cst.CSTNode, ...]:
    return () if node is None else (node,)


def _all_free(nodes: Iterable[cst.CSTNode]) -> _Names:
    return _NOTHING.union(*(free_names(node) for node in nodes))


def _read_by(target: cst.CSTNode) -> _Names:
    """What assigning to ``target`` reads: ``items`` and ``key`` of ``items[key]``."""
    match target:
        case cst.Name():
            return _NOTHING
        case cst.Tuple() | cst.List():
            return _NOTHING.union(*(_read_by(each.value) for each in target.elements))
    return free_names(target)


def _free_in_comprehension(node: _Comprehension) -> _Names:
    inner = (node.key, node.value) if isinstance(node, cst.DictComp) else (node.elt,)
    outside = free_names(node.for_in.iter)
    targets: set[str] = set()
    clause: cst.CompFor | None = node.for_in
    parts: list[cst.CSTNode] = list(inner)
    while clause is not None:
        targets |= {each.value for each in walk(clause.target) if isinstance(each, cst.Name)}
        parts += [condition.test for condition in clause.ifs]
        clause = clause.inner_for_in
        if clause is not None:
            parts.append(clause.iter)
    return outside | (_all_free(parts) - targets)


def _free_in_function(node: _Function) -> _Names:
    own = frozenset(each.name.value for each in parameters(node))
    if isinstance(node, cst.FunctionDef):
        own |= bound_here(node.body) - _declared_nonlocal(node)
    outside: list[cst.CSTNode] = [each.default for each in parameters(node) if each.default]
    if isinstance(node, cst.FunctionDef):
        outside += [each.decorator for each in node.decorators]
        outside += [each.annotation for each in parameters(node) if each.annotation]
        outside += _given(node.returns)
    return _all_free(outside) | (free_names(node.body) - own)


def _declared_nonlocal(node: cst.FunctionDef) -> _Names:
    return frozenset(
        item.name.value
        for each in walk(node.body)
        if isinstance(each, cst.Nonlocal)
        for item in each.names
    )


# --- statements ----------------------------------------------------------------------------


@dataclass
class Flow:
    """A walk over statements in the order in which they run.

    ``exposed`` are the variables that may be read before they are bound here. ``before`` gives
    for each statement what is bound for sure when it starts.
    """

    exposed: set[str] = field(default_factory=set)
    before: dict[cst.CSTNode, _Names] = field(default_factory=dict)

    def run(self, statements: Sequence[cst.CSTNode], bound: _Names = _NOTHING) -> _Names | None:
        """What is bound for sure behind ``statements``; None if nothing gets there."""
        current: _Names | None = bound
        for statement in statements:
            if current is None:
                current = bound  # dead code: nothing is known of it
                self._statement(statement, current)
                return None
            self.before[statement] = current
            current = self._statement(statement, current)
        return current

    def _read(self, bound: _Names, *nodes: cst.CSTNode | None) -> None:
        for node in nodes:
            if node is not None:
                self.exposed |= free_names(node) - bound

    def _statement(self, node: cst.CSTNode, bound: _Names) -> _Names | None:
        match node:
            case cst.SimpleStatementLine() | cst.SimpleStatementSuite():
                return self._line(node.body, bound)
            case cst.IndentedBlock():
                return self.run(node.body, bound)
            case cst.If():
                return self._if(node, bound)
            case cst.For() | cst.While():
                return self._loop(node, bound)
            case cst.With():
                return self._with(node, bound)
            case cst.Try() | cst.TryStar():
                return self._try(node, bound)
            case cst.Match():
                return self._match(node, bound)
            case cst.FunctionDef() | cst.ClassDef():
                self._read(bound, node)
                return bound | {node.name.value}
        self._read(bound, node)
        return bound

    def _line(self, body: Sequence[cst.BaseSmallStatement], bound: _Names) -> _Names | None:
        current = bound
        for small in body:
            self._read(current, small)
            match small:
                case cst.Return() | cst.Raise() | cst.Break() | cst.Continue():
                    return None
                case cst.Del():
                    current -= bound_here(small)
                case cst.AnnAssign(value=None):
                    pass
                case _:
                    current |= bound_here(small) - _walrus(small)
        return current

    def _if(self, node: cst.If, bound: _Names) -> _Names | None:
        self._read(bound, node.test)
        then = self._statement(node.body, bound)
        match node.orelse:
            case cst.If():
                other = self._if(node.orelse, bound)
            case cst.Else():
                other = self._statement(node.orelse.body, bound)
            case _:
                other = bound
        return _either(then, other)

    def _loop(self, node: cst.For | cst.While, bound: _Names) -> _Names | None:
        inside = bound
        if isinstance(node, cst.For):
            self._read(bound, node.iter)
            self.exposed |= _read_by(node.target) - bound
            inside = bound | _targets(node.target)
        else:
            self._read(bound, node.test)
        self._statement(node.body, inside)
        kept = bound - _deleted(node)
        if node.orelse is not None:
            self._statement(node.orelse.body, kept)
        return kept

    def _with(self, node: cst.With, bound: _Names) -> _Names | None:
        for item in node.items:
            self._read(bound, item.item)
            if item.asname is not None:
                self.exposed |= _read_by(item.asname.name) - bound
                bound |= _targets(item.asname.name)
        self._statement(node.body, bound)
        # It may swallow an exception, and then nothing of its body is certain.
        return bound - _deleted(node)

    def _try(self, node: cst.Try | cst.TryStar, bound: _Names) -> _Names | None:
        certain = bound - _deleted(node)
        ended = self._statement(node.body, bound)
        if node.orelse is not None and ended is not None:
            ended = self._statement(node.orelse.body, ended)
        for handler in node.handlers:
            self._read(certain, handler.type)
            name = _targets(handler.name.name) if handler.name is not None else _NOTHING
            handled = self._statement(handler.body, certain | name)
            ended = _either(ended, None if handled is None else handled - name)
        if node.finalbody is None:
            return ended
        final = self._statement(node.finalbody.body, certain)
        return None if final is None or ended is None else ended | final

    def _match(self, node: cst.Match, bound: _Names) -> _Names | None:
        self._read(bound, node.subject)
        for case in node.cases:
            names = bound_here(case.pattern)
            self._read(bound | names, case.pattern, case.guard)
            self._statement(case.body, bound | names)
        return bound - _deleted(node)


def _either(one: _Names | None, other: _Names | None) -> _Names | None:
    if one is None or other is None:
        return other if one is None else one
    return one & other


def _walrus(node: cst.CSTNode) -> _Names:
    """What ``:=`` binds, which may be skipped."""
    assigned = (each for each in walk(node) if isinstance(each, cst.NamedExpr))
    return frozenset(each.target.value for each in assigned if isinstance(each.target, cst.Name))


def _targets(target: cst.CSTNode) -> _Names:
    match target:
        case cst.Name():
            return frozenset({target.value})
        case cst.Tuple() | cst.List():
            return _NOTHING.union(*(_targets(each.value) for each in target.elements))
    return _NOTHING


def _deleted(node: cst.CSTNode) -> _Names:
    gone = (each for each in walk(node) if isinstance(each, cst.Del))
    return _NOTHING.union(*(bound_here(each) for each in gone))
