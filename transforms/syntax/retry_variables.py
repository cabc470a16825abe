"""Whose the variables of a retry loop are: the attempt's, the wait's, or the function's."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

import libcst as cst

from transforms.syntax.bindings import Bindings, bound_before
from transforms.syntax.checks import declared_in
from transforms.syntax.retry_counting import Body
from transforms.syntax.retry_counts import Sum
from transforms.syntax.retry_plan import Waiting
from transforms.syntax.retry_shape import RetryShape
from transforms.syntax.scopes import bound_here, loaded, occurrences, parameters, walk
from transforms.syntax.source import Source

_SWALLOWS = re.compile(
    r"suppress|ignor|catch|swallow|quiet|silen|move_on|stack|raises", re.IGNORECASE
)


Placement = Literal["next", "before", "swap"]
"""When what followed a wait is done now: as the first thing of the next ``backoff``, before this
one returns, or there as well but with the length of the wait taken down before."""


def read_elsewhere(source: Source, shape: RetryShape) -> frozenset[str]:
    """The variables that the function reads outside the loop, as they are by then."""
    inside = {node for part in _looping(shape.node) for node in walk(part)}
    steps = shape.counter.steps if shape.counter is not None else ()
    inside |= {node for each in steps for node in walk(each)}
    return frozenset(
        each.name
        for each in occurrences(shape.function)
        if each.role in ("load", "delete")
        and each.node not in inside
        and not _is_bound_around(source, each.node, each.name, shape.function)
    )


def _looping(node: cst.While | cst.For) -> tuple[cst.CSTNode, ...]:
    if isinstance(node, cst.For):
        return (node.target, node.iter, node.body)
    return (node.test, node.body)


def _is_bound_around(
    source: Source, node: cst.CSTNode, name: str, function: cst.FunctionDef
) -> bool:
    """Whether a loop or a handler around the place gives the variable a value of its own."""
    for ancestor in source.ancestors(node):
        if ancestor is function:
            return False
        match ancestor:
            case cst.For(target=target) if name in bound_here(target) | loaded(target):
                return True
            case cst.ExceptHandler(name=cst.AsName(name=cst.Name(value=own))) if own == name:
                return True
    return False


def is_guarded(source: Source, shape: RetryShape, *names: str) -> bool:
    """Whether a ``try`` or ``with`` around the loop may see the variables before their time."""
    for ancestor in source.ancestors(shape.node):
        if ancestor is shape.function:
            return False
        if isinstance(ancestor, cst.Try | cst.TryStar):
            parts: list[cst.CSTNode] = [*ancestor.handlers]
            parts += [] if ancestor.finalbody is None else [ancestor.finalbody]
            if any(set(names) & loaded(part) for part in parts):
                return True
    return False


@dataclass(frozen=True, eq=False)
class Variables:
    """Who shares which variable with whom."""

    source: Source
    shape: RetryShape
    total: Sum | None
    attempt: Body
    wait: Waiting
    given: set[str]
    """What ``backoff`` is given."""
    counts: str | None
    placement: Placement

    def sort(self) -> tuple[frozenset[str], frozenset[str], frozenset[str]] | str:
        """What the attempt shares, what ``backoff`` shares, and what has no home."""
        shape, source = self.shape, self.source
        function = shape.function
        own_start = frozenset({self.counts} if self.counts else ())
        attempt = Bindings(trusting=not may_swallow(self.attempt))
        backoff = Bindings(trusting=not may_swallow(self.wait.body))
        attempt.block(self.attempt, own_start)
        end = backoff.block(self.wait.body, frozenset(self.given))
        start = frozenset(self.given) if self.placement == "next" else end
        backoff.block(self.wait.updates, start)
        if attempt.deleted | backoff.deleted:
            return "loop-variables"
        seen = attempt.exposed | attempt.captured | backoff.exposed | backoff.captured
        seen -= self.given - attempt.exposed - attempt.captured
        elsewhere = read_elsewhere(source, shape)
        if self.counts and self.counts in elsewhere and not self._surely_tries():
            return "loop-variables"
        attempt_stored = attempt.stored - _handler_names(self.attempt)
        backoff_stored = backoff.stored - _handler_names(self.wait.body)
        if self.given & backoff.stored or self.counts in attempt.stored | backoff.stored:
            return "loop-variables"
        if _caught_names(shape.node) & (elsewhere | attempt.exposed | attempt.captured):
            return "loop-variables"
        if self.given & (attempt_stored | (attempt.exposed & elsewhere)):
            return "loop-variables"
        shared = (attempt_stored | backoff_stored) & (seen | elsewhere)
        if self.counts:
            shared |= {self.counts}
        declared = declared_in(function)
        home = bound_before(function, shape.node) - _annotated(shape.node)
        home |= declared.keys()
        homeless = shared - home - own_start
        own = (bound_here(function) - {function.name.value}) | {
            each.name.value for each in parameters(function)
        }
        reads = seen & own
        unsure = reads - home - attempt_stored - backoff_stored - self.given - own_start
        if unsure:
            return "maybe-unbound"
        if homeless & (attempt.exposed | backoff_stored | seen):
            return "loop-variables"
        return (
            frozenset((attempt_stored & shared - homeless) | own_start),
            frozenset(backoff_stored & shared),
            frozenset(homeless),
        )

    def _surely_tries(self) -> bool:
        total = self.total
        return total is not None and (total.number or 0) > 0


def _caught_names(node: cst.CSTNode) -> frozenset[str]:
    """What the handlers of the loop call their errors; the variable is gone when one ends."""
    return frozenset(
        each.name.name.value
        for each in walk(node)
        if isinstance(each, cst.ExceptHandler)
        and each.name is not None
        and isinstance(each.name.name, cst.Name)
    )


def may_swallow(body: Iterable[cst.CSTNode]) -> bool:
    """Whether a context manager has a name as those have that keep exceptions to themselves."""
    items = (item for each in body for item in walk(each) if isinstance(item, cst.WithItem))
    return any(_SWALLOWS.search(name) for item in items for name in _words(item.item))


def _words(node: cst.CSTNode) -> Iterator[str]:
    return (each.value for each in walk(node) if isinstance(each, cst.Name))


def _handler_names(body: Iterable[cst.CSTNode]) -> frozenset[str]:
    """Names that only handlers bind, which take them away again."""
    nodes = [each for node in body for each in walk(node)]
    handlers = [
        each.name.name.value
        for each in nodes
        if isinstance(each, cst.ExceptHandler)
        and each.name is not None
        and isinstance(each.name.name, cst.Name)
    ]
    stored = [
        each.name for node in body for each in occurrences(node) if each.role in ("store", "import")
    ]
    return frozenset(name for name in handlers if handlers.count(name) == stored.count(name))


def _annotated(node: cst.CSTNode) -> set[str]:
    targets = (each.target for each in walk(node) if isinstance(each, cst.AnnAssign))
    return {target.value for target in targets if isinstance(target, cst.Name)}
