"""Whether statements of a function may move into functions of their own, as steps of a pipeline.

A step keeps the meaning of its code only if the variables that it takes from outside are bound
by then, if nobody outside misses those that it binds, and if its ``return`` leaves the function.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import libcst as cst

from transforms.syntax.flow import Flow, captured, free_names
from transforms.syntax.raising import raises_anew, stops_iteration
from transforms.syntax.scopes import bound_here, contains, parameters, walk
from transforms.syntax.source import Source

_Names = frozenset[str]


@dataclass(frozen=True)
class Trouble:
    """Why code stays where it is: a reason and what was met."""

    reason: str
    detail: str = ""


@dataclass(frozen=True)
class Moved:
    """The variables of a move that is exact."""

    outer: _Names
    """What the function goes on to bind outside of the steps."""
    shared: _Names
    """What a step binds that has to be one variable with another step's or the function's."""


@dataclass(frozen=True, eq=False)
class _Unit:
    """Statements that may become a function of their own."""

    nodes: tuple[cst.CSTNode, ...]
    start: cst.CSTNode
    """The statement of the original with which it starts."""

    @cached_property
    def bound(self) -> _Names:
        return frozenset().union(*(bound_here(each) for each in self.nodes))

    @cached_property
    def exposed(self) -> _Names:
        """What it may read before it has bound it itself."""
        flow = Flow()
        flow.run(self.nodes)
        return frozenset(flow.exposed)


@dataclass(frozen=True, kw_only=True, eq=False)
class Move:
    """Statements of one block that would move.

    ``head`` stands above them; its target is given to the first step. Of the statements in
    ``values`` only the expression is evaluated in a step: their targets are ``given`` to the
    next one, or are the ``result`` of the pipeline. ``behind`` is the rest of the block.
    """

    source: Source
    function: cst.FunctionDef
    block: cst.IndentedBlock
    head: cst.CSTNode
    moved: tuple[cst.CSTNode, ...]
    behind: tuple[cst.CSTNode, ...]
    values: Mapping[cst.CSTNode, cst.BaseExpression]
    given: _Names
    result: str | None
    may_return: bool
    """Whether the pipeline's result is returned by the function whatever it is."""

    def check(self) -> Moved | Trouble:
        """The variables of the move, or why it would not be exact."""
        trouble = self._leaving() or self._looking() or self._unbound() or self._missed()
        return trouble or Moved(self._outer, self._shared)

    # what moves and what stays

    @cached_property
    def _units(self) -> tuple[_Unit, ...]:
        """What moves, cut behind each wave and around each line that only awaits."""
        units: list[_Unit] = []
        current: list[cst.CSTNode] = []
        starts: list[cst.CSTNode] = []

        def close() -> None:
            if current:
                units.append(_Unit(tuple(current), starts[0]))
            current.clear()
            starts.clear()

        for statement in self.moved:
            alone = _only_awaits(statement)
            if alone:
                close()
            current.append(self.values.get(statement, statement))
            starts.append(statement)
            if alone or statement in self.values:
                close()
        close()
        return tuple(units)

    @cached_property
    def _kept(self) -> tuple[cst.CSTNode, ...]:
        """The function's code less what moves, in pieces; of the head only the expression."""
        around = {self.block, *self.source.ancestors(self.block)}
        moved = set(self.moved)
        pieces: list[cst.CSTNode] = []
        stack: list[cst.CSTNode] = [self.function.body]
        while stack:
            node = stack.pop()
            if node in around:
                stack.extend(reversed(node.children))
            elif node not in moved:
                pieces.append(self.values.get(node, node))
        return tuple(pieces)

    @cached_property
    def _outer(self) -> _Names:
        params = {each.name.value for each in parameters(self.function)}
        result = {self.result} if self.result is not None else set()
        return frozenset().union(params, result, *(bound_here(each) for each in self._kept))

    @cached_property
    def _flow(self) -> Flow:
        """The whole function, as it is."""
        flow = Flow()
        flow.run(
            self.function.body.body,
            frozenset(each.name.value for each in parameters(self.function)),
        )
        return flow

    # what speaks against it

    def _leaving(self) -> Trouble | None:
        """A ``return``, or a way out at the end, that does not lead where it led."""
        is_body = self.block is self.function.body
        falls_through = not is_body and Flow().run(self.moved) is not None
        returns = [each for each in self.moved if contains(each, cst.Return, inner_functions=False)]
        returns = [each for each in returns if each not in self.values]
        if self.may_return:
            return Trouble("return-between-waves") if falls_through else None
        is_returned = self.result is None
        return Trouble("return-between-waves") if returns and not is_returned else None

    def _looking(self) -> Trouble | None:
        """Code that looks at the function in which it runs, or is at one with its handlers."""
        if raises_anew(self.moved):
            return Trouble("frame-matters", "raise")
        if stops_iteration(self.source, self.block, self.moved):
            return Trouble("frame-matters", "StopIteration")
        for node in (*self.moved, *self.values.values()):
            seen = _looks_at_frame(self.source, node, _FRAME | {"super"})
            if seen is not None:
                return Trouble("frame-matters", seen)
        for node in self._kept:
            seen = _looks_at_frame(self.source, node, _FRAME)
            if seen is not None:
                return Trouble("frame-matters", seen)
        return None

    def _unbound(self) -> Trouble | None:
        """A variable that a step takes from outside and that may be unbound by then."""
        result = {self.result} if self.result is not None else set()
        for unit in self._units:
            others = (other.bound for other in self._units if other is not unit)
            elsewhere = self._outer.union(self.given, result, *others)
            before = self._flow.before.get(unit.start)
            if before is None:
                return Trouble("shape-not-recognised", "it is never reached")
            for name in sorted((unit.exposed & elsewhere) - before):
                return Trouble("variable-unbound", name)
        # It would be unbound as a variable of the outer function: that is another exception.
        for name in sorted(self._shared & self._flow.exposed):
            return Trouble("variable-unbound", name)
        return None

    def _missed(self) -> Trouble | None:
        """A variable that a step binds, and that is used where it would not be seen."""
        bound = frozenset().union(*(unit.bound for unit in self._units))
        missed = bound & _declared(self.function)
        read = frozenset(_read_in(self._kept))
        missed |= ((bound | self.given) - self._outer) & (self._seen_outside | read)
        missed |= self.given & (self._seen_outside | _declared(self.function))
        missed |= self._shared & _annotated(self.moved)
        return Trouble("variables-shared", ", ".join(sorted(missed))) if missed else None

    @cached_property
    def _shared(self) -> _Names:
        """What a step binds although it is bound further out, where that can be noticed."""
        # Units may end up in one function: what any of them reads counts, also the ones above.
        exposed = (unit.exposed for unit in self._units)
        noticed = captured(self.moved).union(self._seen_outside, *exposed)
        earlier = self._outer | self.given
        shared: set[str] = set()
        for unit in self._units:
            shared |= unit.bound & earlier & noticed
            earlier |= unit.bound
        return frozenset(shared)

    @cached_property
    def _seen_outside(self) -> _Names:
        """What code that stays may read when a step has run: behind it, or in a function."""
        result = frozenset({self.result} if self.result is not None else ())
        flow = Flow()
        flow.run(self.behind, result)
        return captured(self._kept) | flow.exposed | self._seen_around

    @cached_property
    def _seen_around(self) -> _Names:
        """What is read behind the block, or by handlers around it."""
        found: set[str] = set()
        child: cst.CSTNode = self.block
        for ancestor in self.source.ancestors(self.block):
            if isinstance(ancestor, cst.IndentedBlock):
                at = next(i for i, each in enumerate(ancestor.body) if each is child)
                found |= _read_in(ancestor.body[at + 1 :])
            if isinstance(ancestor, cst.Try | cst.TryStar):
                parts = (*ancestor.handlers, ancestor.orelse, ancestor.finalbody)
                found |= _read_in(each for each in parts if each is not None and each is not child)
            if ancestor is self.function:
                break
            child = ancestor
        return frozenset(found)


def _only_awaits(statement: cst.CSTNode) -> bool:
    """``await call(…)`` as a statement: what a checkpoint looks like."""
    match statement:
        case cst.SimpleStatementLine(body=[cst.Expr(value=cst.Await())]):
            return True
    return False


def _read_in(nodes: Iterable[cst.CSTNode]) -> set[str]:
    return set().union(*(free_names(each) for each in nodes))


def _declared(function: cst.FunctionDef) -> _Names:
    """What the function itself declares ``global`` or ``nonlocal``."""
    return frozenset(
        item.name.value
        for node in walk(function.body, inner_functions=False)
        if isinstance(node, cst.Global | cst.Nonlocal)
        for item in node.names
    )


def _annotated(statements: Sequence[cst.CSTNode]) -> _Names:
    """Variables with an annotation, which no ``nonlocal`` may name."""
    return frozenset(
        node.target.value
        for statement in statements
        for node in walk(statement, inner_functions=False)
        if isinstance(node, cst.AnnAssign) and isinstance(node.target, cst.Name)
    )


_FRAME = frozenset({"locals", "vars", "dir", "eval", "exec"})
_FRAME_ORIGINS = frozenset({"sys._getframe", "inspect.currentframe", "inspect.stack"})


def _looks_at_frame(source: Source, node: cst.CSTNode, names: _Names) -> str | None:
    for call in _calls(node):
        origin = source.called(call)
        if origin in _FRAME_ORIGINS:
            return origin
        name = call.func.value if isinstance(call.func, cst.Name) else ""
        if name in names and (name in {"eval", "exec"} or not call.args):
            return name
        if any(arg.keyword is not None and arg.keyword.value == "stacklevel" for arg in call.args):
            return "stacklevel"
    return None


def _calls(node: cst.CSTNode) -> Iterator[cst.Call]:
    return (each for each in walk(node) if isinstance(each, cst.Call))
