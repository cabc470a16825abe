"""A polling loop on its way to a pipeline: what all forms of it have in common."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import libcst as cst

from transforms.rule import Primitive, Site
from transforms.syntax.checks import Check, Variables, as_bool, fresh, negated, waits_first
from transforms.syntax.constants import number
from transforms.syntax.imports import variables as names_in
from transforms.syntax.layout import Call, Item, Prefixed
from transforms.syntax.loops import WaitingLoop
from transforms.syntax.pieces import one_line, pieces
from transforms.syntax.scopes import contains, loaded, occurrences, parameters, walk
from transforms.syntax.source import Source
from transforms.syntax.stability import is_bound_once

_NO_LAMBDA = (cst.Await, cst.NamedExpr, cst.Yield, cst.Asynchronous)
_TIMES = re.compile(r"deadline|timeout|elapsed|expire|remain|patience|monotonic|attempt|tries")


@dataclass(frozen=True, kw_only=True, eq=False)
class Form:
    """What tells one pipeline from another."""

    keep: str
    """What ``take_while`` asks of each result."""
    predicate: str
    """The source text of what keeps the loop going, for the report."""
    asks: Item | None = None
    """What ``poll`` is given; None: nothing."""
    check: Check | None = None
    """The nested function that ``asks`` names."""
    target: str = ""
    """What stands in front of the pipeline: ``job = ``, ``return `` or nothing."""
    leaves: bool = False
    """The body of the last ``if`` follows the pipeline."""
    setting: tuple[str, ...] = ()
    """Statements in front of the function."""
    closing: str | None = None
    """A statement behind the pipeline."""
    moved: tuple[cst.SimpleStatementLine, ...] = ()
    """Statements behind the loop that the function takes over."""
    consumed: tuple[cst.CSTNode, ...] = ()
    """Expressions of the loop that are written anew."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Poll(Site):
    """A polling loop, and the pipeline that takes its place."""

    loop: WaitingLoop
    ticks: Item
    """What ticks: ``rx.interval(p)``."""
    stage: str
    """``poll`` or ``poll_after``."""
    form: Form


@dataclass(frozen=True, eq=False)
class Draft:
    """A loop that is a poll, and questions about it."""

    source: Source
    primitive: Primitive
    loop: WaitingLoop
    period: cst.BaseExpression
    nth: int
    """How many polls stand above it in the function."""

    def poll(self, form: Form) -> Poll:
        """The site."""
        stage = "poll_after" if waits_first(self.loop) and self.loop.after else "poll"
        says_pending = form.check is not None and form.check.last == "return PENDING"
        pending = {"PENDING"} if says_pending else set()
        return Poll(
            primitives=(self.primitive,),
            rewrite="pipeline",
            operators=frozenset({"last_value_from", stage} | pending),
            uses_rx=True,
            uses_ops=True,
            parameters=self._parameters(form.predicate),
            touched=(self.loop.node, *form.moved),
            consumed=(self.period, *form.consumed, *form.moved),
            loop=self.loop,
            ticks=self._ticks(),
            stage=stage,
            form=form,
        )

    def _parameters(self, predicate: str) -> tuple[tuple[str, str], ...]:
        kind = "sleep-first" if waits_first(self.loop) and self.loop.after else "check-first"
        interval = one_line(self.source, self.period)
        found = [("interval", interval), ("predicate", predicate), ("kind", kind)]
        deadline = self._deadline()
        return tuple(found if deadline is None else [*found, ("deadline", deadline)])

    def _deadline(self) -> str | None:
        loop = self.loop
        if isinstance(loop.node, cst.For):
            return one_line(self.source, loop.node.iter) if loop.is_bounded else None
        if loop.condition is None:
            return None
        text = one_line(self.source, loop.condition)
        return text if _TIMES.search(text.lower()) else None

    def _ticks(self) -> Item:
        interval = Call("rx.interval", (pieces(self.source, self.period),))
        if is_fixed(self.source, self.period):
            return interval
        return Call("rx.defer", (Prefixed(f"lambda {unused(self.period)}: ", interval),))

    def has_primitives(self, *nodes: cst.CSTNode) -> bool:
        """Whether other rules may have to do with one of these nodes."""
        inside = {each for node in nodes for each in walk(node)}
        return any(self.source.node_of(each) in inside for each in self.source.primitives)

    def fits_lambda(self, node: cst.BaseExpression) -> bool:
        """Whether the expression means the same inside a lambda."""
        return not contains(node, *_NO_LAMBDA) and not self.has_primitives(node)

    def text(self, node: cst.BaseExpression) -> str:
        return one_line(self.source, node)

    def truth(self, node: cst.BaseExpression) -> str:
        """The text of ``node`` as a bool: a predicate's answer must not change afterwards."""
        return one_line(self.source, as_bool(node))

    def opposite(self, node: cst.BaseExpression) -> str:
        return one_line(self.source, negated(node))

    def asking(self, call: cst.BaseExpression) -> Item:
        """``lambda _: call``."""
        return Prefixed(f"lambda {unused(call)}: ", pieces(self.source, call))

    def name(self) -> str | None:
        """A name for the nested function; None if the usual ones are taken."""
        first = "check" if not self.nth else f"check_{self.nth + 1}"
        return fresh(names_in(self.loop.function), first, f"{first}_once")

    def head(self, name: str, parameter: str, returns: str) -> str:
        """``async def check(_: int) -> bool:``, annotated as the function around it is."""
        function = self.loop.function
        is_annotated = function.returns is not None or any(
            each.annotation is not None for each in parameters(function)
        )
        if not is_annotated:
            return f"async def {name}({parameter}):"
        arrow = f" -> {returns}" if returns else ""
        return f"async def {name}({parameter}: int){arrow}:"

    def is_read(self, name: str, *inside: cst.CSTNode) -> bool:
        """Whether the function reads (or deletes) the variable, other than ``inside``."""
        return bool(self._reads(name, inside))

    def _reads(self, name: str, inside: Sequence[cst.CSTNode]) -> list[cst.CSTNode]:
        nodes = {node for each in inside for node in walk(each)}
        return [
            each.node
            for each in occurrences(self.loop.function, name)
            if each.role in ("load", "delete") and each.node not in nodes
        ]

    def may_be_late(self, name: str, found: Variables) -> bool:
        """Whether ``name`` may get its value when the polling has ended, and not before."""
        if name in found.bindings.exposed | found.bindings.captured | found.bindings.deleted:
            return False
        if name in found.declared or name in loaded(self.period):
            return False
        return name in found.at_wait and not self._is_watched(name)

    def _is_watched(self, name: str) -> bool:
        """Whether code may read the variable after a check failed, or while one is under way."""
        loop = self.loop
        reads = self._reads(name, (loop.node,))
        if any(self.source.function(node) is not loop.function for node in reads):
            return True
        child: cst.CSTNode = loop.node
        for ancestor in self.source.ancestors(loop.node):
            if ancestor is loop.function:
                return False
            if isinstance(ancestor, cst.Try | cst.TryStar | cst.With):
                undisturbed = {node for each in _follows(ancestor, child) for node in walk(each)}
                return any(node not in undisturbed for node in reads)
            child = ancestor
        return False


def _follows(node: cst.CSTNode, child: cst.CSTNode) -> tuple[cst.CSTNode, ...]:
    """What runs only if ``child``, the part of ``node`` that holds the loop, ends well."""
    if isinstance(node, cst.Try | cst.TryStar) and child is node.body and node.orelse is not None:
        return (child, node.orelse)
    return (child,)


def is_fixed(source: Source, node: cst.BaseExpression) -> bool:
    """Whether the expression is the same in all rounds, and evaluating it cannot fail."""
    if isinstance(node, cst.Name):
        return is_bound_once(source, node)
    return number(node) is not None


def unused(*nodes: cst.CSTNode) -> str:
    """A name for a parameter that none of the nodes reads."""
    names = frozenset().union(*(loaded(node) for node in nodes))
    return fresh(names, "_", "n", "number") or "_number"


def declarations(found: Variables) -> tuple[str, ...]:
    """The statements that say whose variables a nested function binds."""
    words = (("global", found.globals), ("nonlocal", found.nonlocals))
    return tuple(f"{word} {', '.join(sorted(names))}" for word, names in words if names)
