"""Loops that an event ends: each round begins by asking whether it is set."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import libcst as cst

from transforms.syntax.checks import fresh, variables
from transforms.syntax.frames import depends_on_frame
from transforms.syntax.imports import variables as names_in
from transforms.syntax.loops import Rounds, WaitingLoop, condition_of, jumps, statements
from transforms.syntax.poll_draft import declarations
from transforms.syntax.raising import raises_anew, stops_iteration
from transforms.syntax.removal import has_pragmas
from transforms.syntax.scopes import contains, occurrences, walk
from transforms.syntax.source import Source
from transforms.syntax.stability import function_called

_Loop = cst.While | cst.For
_BUILTINS = frozenset(
    {"enumerate", "filter", "list", "map", "range", "reversed", "set", "sorted", "tuple", "zip"}
)
_METHODS = frozenset({"copy", "items", "keys", "split", "splitlines", "values"})


@dataclass(frozen=True, kw_only=True, eq=False)
class Gated:
    """A loop that becomes a pipeline."""

    node: _Loop
    function: cst.FunctionDef
    gate: cst.If | None
    """The statement that asks; None: the condition of the ``while`` does."""
    event: cst.BaseExpression
    name: str
    """What to call the function that does one round."""
    first: tuple[str, ...]
    """Its ``nonlocal`` and ``global`` statements."""
    breaks: bool = False
    """Whether a round may end the loop, too: it says whether to go on."""
    says: int = 0
    """How many statements the gate runs before it leaves: they follow the pipeline."""

    @property
    def body(self) -> tuple[cst.CSTNode, ...]:
        """The statements of a round."""
        return tuple(each for each in statements(self.node.body) if each is not self.gate)


def gated_loops(source: Source) -> Iterator[Gated]:
    """The loops of the file that can be pipelines, outer ones first."""
    found: list[_Loop] = []
    for node in source.walk({"is_set"}.isdisjoint):
        if isinstance(node, _Loop) and not set(source.ancestors(node)).intersection(found):
            gated = _gated(source, node)
            if gated is not None:
                found.append(node)
                yield gated


def _gated(source: Source, node: _Loop) -> Gated | None:
    function = source.function(node)
    if not isinstance(function, cst.FunctionDef) or function.asynchronous is None:
        return None
    if node.orelse is not None or not isinstance(node.body, cst.IndentedBlock):
        return None
    gate, event = _gate(source, node, function)
    lines = (node.body.header, *([] if gate is None else [gate]))
    head = node.test if isinstance(node, cst.While) else node.iter
    if event is None or has_pragmas(*lines) or contains(head, cst.Comment):
        return None
    body = tuple(each for each in statements(node.body) if each is not gate)
    if not body or not _may_move(source, node, function, body):
        return None
    if isinstance(node, cst.For) and not _may_be_pulled(source, node, function):
        return None
    first = _declarations(node, function, body)
    name = fresh(names_in(function), *_names(node))
    if first is None or name is None:
        return None
    says = len(statements(gate.body)) - 1 if gate is not None else 0
    breaks = any(isinstance(jump.node, cst.Break) for jump in jumps(body))
    if says and breaks:
        return None  # what the gate says, it says for itself only
    return Gated(
        node=node,
        function=function,
        gate=gate,
        event=event,
        name=name,
        first=first,
        breaks=breaks,
        says=says,
    )


# --- the question --------------------------------------------------------------------------


def _gate(
    source: Source, node: _Loop, function: cst.FunctionDef
) -> tuple[cst.If | None, cst.BaseExpression | None]:
    """The statement that asks, and the event; no event where the loop is another."""
    if isinstance(node, cst.While) and condition_of(node) is not None:
        match node.test:
            case cst.UnaryOperation(operator=cst.Not(), expression=test):
                return None, _asked(test)
        return None, None
    first = statements(node.body)[0]
    if not isinstance(first, cst.If) or first.orelse is not None:
        return None, None
    *before, last = statements(first.body)
    lines = statements(last) if isinstance(last, cst.SimpleStatementLine) else (last,)
    if len(lines) != 1 or not _leaves(source, node, function, lines[0]):
        return None, None
    if before and not _may_follow(node, first, before):
        return None, None
    return first, _asked(first.test)


def _may_follow(node: _Loop, gate: cst.If, before: Sequence[cst.CSTNode]) -> bool:
    """Whether what the gate does before it leaves may stand behind the pipeline.

    Nothing else ends a ``while True``. Comments must not pass those of the body.
    """
    if isinstance(node, cst.For) or any(True for _ in jumps(before)):
        return False
    is_said = contains(gate, cst.Comment)
    return not is_said or not any(
        contains(each, cst.Comment) for each in statements(node.body) if each is not gate
    )


def _leaves(source: Source, node: _Loop, function: cst.FunctionDef, small: cst.CSTNode) -> bool:
    if isinstance(small, cst.Return):
        says_nothing = small.value is None or source.code(small.value) == "None"
        return says_nothing and function.body.body[-1] is node
    return isinstance(small, cst.Break)


def _asked(test: cst.BaseExpression) -> cst.BaseExpression | None:
    match test:
        case cst.Call(func=cst.Attribute(value=event, attr=cst.Name(value="is_set")), args=[]):
            return event
    return None


# --- what a round does ---------------------------------------------------------------------


def _may_move(
    source: Source, node: _Loop, function: cst.FunctionDef, body: Sequence[cst.CSTNode]
) -> bool:
    """Whether the statements do the same in a function of their own."""
    if any(isinstance(jump.node, cst.Return) for jump in jumps(body)):
        return False
    if not any(contains(each, cst.Await, inner_functions=False) for each in body):
        return False
    if contains(node, cst.Yield, inner_functions=False) or raises_anew(body):
        return False
    if depends_on_frame(node, function) or stops_iteration(source, node, [node]):
        return False
    handlers = (cst.ExceptHandler, cst.ExceptStarHandler, cst.Finally)
    around = source.enclosing(node, cst.FunctionDef, *handlers)
    return not isinstance(around, handlers)


def _declarations(
    node: _Loop, function: cst.FunctionDef, body: Sequence[cst.CSTNode]
) -> tuple[str, ...] | None:
    """Whose variables the function binds; None where that cannot be said."""
    target = _target(node)
    loop = WaitingLoop(
        node=node,
        function=function,
        wait=body[-1],  # type: ignore[arg-type]  # nobody asks for it
        condition=None,
        rounds=Rounds(variable=target, start=0, stop=None) if target else None,
        before=tuple(body),
        after=(),
        jumps=(),
    )
    found = variables(loop)
    own = found.bindings.stored | {target}
    if found.homeless or found.bindings.deleted or found.unsure:
        return None
    if own & found.bindings.captured:
        return None  # what is made in one round may see the variables of a later one
    return declarations(found)


def _target(node: _Loop) -> str:
    """The variable of a ``for`` loop."""
    is_named = isinstance(node, cst.For) and isinstance(node.target, cst.Name)
    return node.target.value if is_named else ""  # type: ignore[union-attr]


def _names(node: _Loop) -> tuple[str, ...]:
    word = _target(node).strip("_")
    return (f"each_{word}", f"do_{word}") if word else ("one_round", "do_round")


# --- what it goes through ------------------------------------------------------------------


def _may_be_pulled(source: Source, node: cst.For, function: cst.FunctionDef) -> bool:
    """Whether the loop's variable is its own, and nobody can tell when the iterator goes."""
    if node.asynchronous is not None or not isinstance(node.target, cst.Name):
        return False
    inside = set(walk(node))
    if any(
        each.node not in inside or each.role == "declaration"
        for each in occurrences(function, node.target.value)
    ):
        return False
    return _has_no_end(source, node.iter)


def _has_no_end(source: Source, node: cst.BaseExpression) -> bool:
    """Whether leaving the iteration in the middle leaves nothing to be closed."""
    match node:
        case cst.Name() | cst.Attribute() | cst.Subscript() | cst.Await():
            return True
        case cst.List() | cst.Tuple() | cst.Set() | cst.ListComp() | cst.SetComp():
            return True
        case cst.BinaryOperation() | cst.BooleanOperation():
            return True
        case cst.Call(func=cst.Name(value=name), args=args) if name in _BUILTINS:
            return all(_has_no_end(source, arg.value) or _is_simple(arg.value) for arg in args)
        case cst.Call(func=cst.Attribute(attr=cst.Name(value=name))) if name in _METHODS:
            return True
        case cst.Call(func=func):
            found = function_called(source, func)
            return found is not None and not contains(found, cst.Try, cst.TryStar, cst.With)
    return False


def _is_simple(node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.Integer | cst.Lambda | cst.SimpleString | cst.UnaryOperation)
