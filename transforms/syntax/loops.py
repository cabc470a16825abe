"""A loop around one wait: its parts, and the ways in which it ends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import libcst as cst

from transforms.syntax.scopes import binds
from transforms.syntax.source import Source

_Nested = cst.FunctionDef | cst.ClassDef | cst.BaseExpression
_Guard = cst.Try | cst.TryStar | cst.With


@dataclass(frozen=True, kw_only=True, eq=False)
class Rounds:
    """``for variable in range(start, stop)``, or ``itertools.count(start)`` without a stop."""

    variable: str
    start: int
    stop: cst.BaseExpression | None


@dataclass(frozen=True, kw_only=True, eq=False)
class Jump:
    """A ``break``, ``continue`` or ``return`` that leaves the loop's round, or the loop."""

    node: cst.Break | cst.Continue | cst.Return
    is_guarded: bool
    """Inside a ``try`` or ``with`` of the loop's body."""
    is_tested: bool
    """Inside an ``if`` or ``match`` of the loop's body."""


@dataclass(frozen=True, kw_only=True, eq=False)
class WaitingLoop:
    """A loop whose body waits once, in a statement of its own."""

    node: cst.While | cst.For
    function: cst.FunctionDef
    wait: cst.SimpleStatementLine | cst.Expr
    condition: cst.BaseExpression | None
    """None: it is always true."""
    rounds: Rounds | None
    before: tuple[cst.CSTNode, ...]
    """The statements in front of the wait."""
    after: tuple[cst.CSTNode, ...]
    """Those behind it."""
    jumps: tuple[Jump, ...]

    @property
    def breaks(self) -> tuple[Jump, ...]:
        return tuple(jump for jump in self.jumps if isinstance(jump.node, cst.Break))

    @property
    def returns(self) -> tuple[Jump, ...]:
        return tuple(jump for jump in self.jumps if isinstance(jump.node, cst.Return))

    @property
    def is_bounded(self) -> bool:
        """Whether it can end by itself, without a jump."""
        return self.condition is not None or (self.rounds is not None and self.has_stop)

    @property
    def has_stop(self) -> bool:
        return self.rounds is not None and self.rounds.stop is not None

    @property
    def otherwise(self) -> tuple[cst.CSTNode, ...]:
        """The statements of its ``else``."""
        return () if self.node.orelse is None else statements(self.node.orelse.body)


def statements(suite: cst.CSTNode) -> tuple[cst.CSTNode, ...]:
    """The statements of a block, or of a suite on one line."""
    body = getattr(suite, "body", ())
    return tuple(body) if isinstance(body, list | tuple) else ()


def split(loop: WaitingLoop, body: Iterable[cst.CSTNode]) -> tuple[list[cst.CSTNode], ...]:
    """What stands in front of the loop's wait, and behind it, in an edited body."""
    items = list(body)
    at = next(index for index, item in enumerate(items) if item is loop.wait)
    return items[:at], items[at + 1 :]


def condition_of(node: cst.While | cst.For) -> cst.BaseExpression | None:
    """The condition of a ``while``; None if it is always true, as in ``while True``."""
    if isinstance(node, cst.For):
        return None
    match node.test:
        case cst.Name(value="True"):
            return None
        case cst.Integer() as number if number.evaluated_value:
            return None
    return node.test


def rounds_of(source: Source, node: cst.For) -> Rounds | None:
    """How the loop counts; None if it does not go through a ``range`` or a ``count``."""
    if node.asynchronous is not None or not isinstance(node.target, cst.Name):
        return None
    call = node.iter
    if not isinstance(call, cst.Call) or any(arg.star or arg.keyword for arg in call.args):
        return None
    values = [arg.value for arg in call.args]
    if source.origin(call.func) == "itertools.count":
        start = _whole(values[0]) if len(values) == 1 else 0
        known = len(values) <= 1 and start is not None
        return Rounds(variable=node.target.value, start=start or 0, stop=None) if known else None
    is_range = isinstance(call.func, cst.Name) and call.func.value == "range"
    if not is_range or binds(source.module, "range") or not 1 <= len(values) <= 2:
        return None
    start = _whole(values[0]) if len(values) == 2 else 0
    if start is None:
        return None
    return Rounds(variable=node.target.value, start=start, stop=values[-1])


def _whole(node: cst.BaseExpression) -> int | None:
    return node.evaluated_value if isinstance(node, cst.Integer) else None


def jumps(
    nodes: Iterable[cst.CSTNode],
    *,
    in_loop: bool = False,
    is_guarded: bool = False,
    is_tested: bool = False,
) -> Iterator[Jump]:
    """The jumps in statements of a loop's body that concern the loop itself."""
    for node in nodes:
        match node:
            case cst.Break() | cst.Continue():
                if not in_loop:
                    yield Jump(node=node, is_guarded=is_guarded, is_tested=is_tested)
            case cst.Return():
                yield Jump(node=node, is_guarded=is_guarded, is_tested=is_tested)
            case cst.While() | cst.For():
                inner = {"is_guarded": is_guarded, "is_tested": is_tested}
                yield from jumps([node.body], in_loop=True, **inner)
                if node.orelse is not None:
                    yield from jumps([node.orelse], in_loop=in_loop, **inner)
            case _ if not isinstance(node, _Nested):
                yield from jumps(
                    node.children,
                    in_loop=in_loop,
                    is_guarded=is_guarded or isinstance(node, _Guard),
                    is_tested=is_tested or isinstance(node, cst.If | cst.Match),
                )
