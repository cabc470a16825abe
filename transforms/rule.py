"""What a rule is, and how each primitive ends.

The words are those of the mapping table: a *primitive* is one use of a coordination call; a
*site* is the group of primitives that one rule rewrites together; every primitive ends as
``pipeline``, ``drop-in``, ``refused`` or ``suppressed``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import libcst as cst

    from transforms.syntax.source import Source

Outcome = Literal["pipeline", "drop-in", "refused", "suppressed"]
Rewrite = Literal["pipeline", "drop-in"]
Kind = Literal[
    "semaphore",  # asyncio.Semaphore / BoundedSemaphore constructed
    "gather",  # asyncio.gather called
    "limiter",  # aiolimiter.AsyncLimiter constructed
    "sleep",  # asyncio.sleep called
    "to-thread",  # asyncio.to_thread called
    "run-in-executor",  # loop.run_in_executor(None, ...) called
    "wait-for",  # asyncio.wait_for called
    "retry-decorator",  # @tenacity.retry
    "retry-block",  # tenacity.AsyncRetrying / Retrying constructed
    "try-again",  # raise tenacity.TryAgain
    "event",  # asyncio.Event constructed
    "semaphore-value",  # sem._value assigned
    "wave",  # an awaited wave that feeds the next one (wave1 -> wave2)
    "checkpoint",  # an awaited write between two waves whose result is not used
    "conflict-retry",  # loop around try/except <Conflict> with a sleep
    "rate-limit-retry",  # loop around try/except RateLimit... with a sleep
]


@dataclass(frozen=True, slots=True, order=True)
class Primitive:
    """One use of a coordination call, at ``line``:``column``.

    Lines count from 1, columns from 0, both in characters of the decoded text (as libcst
    counts them). The position is the start of the call expression; for a decorator, the
    start of the expression behind ``@``; for an assignment, the start of its target.
    ``end_line``/``end_column`` close the same expression.
    """

    line: int
    column: int
    end_line: int
    end_column: int
    kind: Kind = field(compare=False)
    function: str | None = field(compare=False, default=None)
    """Qualified name of the enclosing function (``Orchestrator.run``), None at module level."""
    parameters: tuple[tuple[str, str], ...] = field(compare=False, default=())
    """Source text of what a reader wants to know: ``(("limit", "self._limit"),)``."""

    def __reduce__(self) -> tuple[type[Primitive], tuple[object, ...]]:
        """By its constructor: what the standard library does instead takes five times as long."""
        start, end = (self.line, self.column), (self.end_line, self.end_column)
        return Primitive, (*start, *end, self.kind, self.function, self.parameters)


@dataclass(frozen=True, slots=True)
class Refused:
    """A primitive that a rule looked at and left alone.

    ``reason`` is a key of ``transforms.reasons.REASONS``; ``detail`` says what was met here.
    """

    primitive: Primitive
    reason: str
    detail: str = ""
    waits: bool = False
    """Whether to look again once a site that it stands inside of has been rewritten."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Site:
    """All that an edit needs, resolved. To build one is the proof that the code was understood.

    Rules subclass this. ``operators`` are the names that the emitted code takes from the
    vendored operators module; ``uses_rx``/``uses_ops``/``uses_partial`` say that it names
    ``rx`` / ``ops`` / ``partial``; ``uses_module`` that it names the operators module itself.
    """

    primitives: tuple[Primitive, ...]
    rewrite: Rewrite
    operators: frozenset[str] = frozenset()
    uses_rx: bool = False
    uses_ops: bool = False
    uses_partial: bool = False
    uses_module: bool = False
    replaced: frozenset[str] = frozenset()
    """Names that the file imports, and that mean something of ``operators`` in all that is
    left of their uses: that import of them goes."""
    imports: frozenset[str] = frozenset()
    """What the emitted code takes from other modules, by dotted name."""
    parameters: tuple[tuple[str, str], ...] = ()
    touched: tuple[cst.CSTNode, ...] = ()
    """The original nodes that the transformer changes: nothing outside them is visited."""
    consumed: tuple[cst.CSTNode, ...] = ()
    """Original nodes whose text the edit copies elsewhere: no other site may lie inside them."""
    needs: tuple[Primitive, ...] = ()
    """Primitives of other sites without whose rewriting this one cannot stand."""
    exact: bool = True
    """False: it changes the behaviour that the mapping table names for its rule."""


Find = Callable[["Source"], Iterable["Site | Refused"]]
MakeTransformer = Callable[["Source", Sequence["Site"]], "cst.CSTTransformer"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Rule:
    """One mapping.

    ``kinds`` are the primitive kinds that make a file worth a look. ``find`` reads, and yields
    a ``Site`` or a ``Refused`` for each primitive that concerns the rule; it is offered only
    primitives that no earlier rule owns (``Source.primitive_at``). ``transformer`` edits
    exactly the sites it is given. ``doc`` is the rule module's docstring.
    """

    code: str
    name: str
    tier: Literal[1, 2, 3]
    summary: str
    kinds: frozenset[Kind]
    operators: frozenset[str]
    find: Find
    transformer: MakeTransformer
    doc: str
