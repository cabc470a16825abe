"""When two runs are equal, and the search for a world in which two programs differ.

Each comparison begins with the original against itself: a scenario whose original is not
deterministic, hangs, or asks for what a simulation cannot give proves nothing and is reported as
a ``problem``, never as a pass. Then both run in the same world without a cancellation, then with
the caller cancelled at instants just before and midway between the original's events.
Once a world shows a difference, hypothesis looks for the smallest that does: that one is shown.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import pairwise, zip_longest
from typing import Final

from hypothesis import HealthCheck, Phase, find, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

from codemods.verify.drive import Cancellation, Load, freeze_survivors, frozen_heap, run_in_world
from codemods.verify.timeline import timeline
from codemods.verify.trace import TOLERANCE_NS, Run, instants
from codemods.verify.verdict import RanAway, Unsupported
from codemods.verify.world import Plan, World, WorldOptions

_BEFORE_NS: Final = 2 * TOLERANCE_NS
"""How long before an event "just before" is: outside the event's own instant."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Two runs in one world that an observer can tell apart. ``str()`` shows both timelines."""

    reasons: tuple[str, ...]
    before: Run
    after: Run
    world: str = ""
    """The world's plan and choices, and the cancellation."""

    def __str__(self) -> str:
        parts = [self.world] if self.world else []
        parts += [f"- {reason}" for reason in self.reasons]
        return "\n".join([*parts, "", timeline(self.before, self.after)])


def compare(before: Run, after: Run) -> Difference | None:
    """What tells ``after`` from ``before``; None if nothing does.

    Events are compared by time, within a microsecond; events of one instant as a multiset.
    Where the original left nothing behind, the rewriting may leave nothing behind.
    """
    reasons = [*_leftovers(before, after)]
    if before.events != after.events:  # else there is no need to look more closely
        reasons = [*_events(before, after), *_ceilings(before, after), *reasons]
    return Difference(tuple(reasons), before, after) if reasons else None


def _events(before: Run, after: Run) -> Iterator[str]:
    for left, right in zip_longest(instants(before.events), instants(after.events)):
        at = min(i.at_ns for i in (left, right) if i is not None)
        if left is None or right is None or abs(left.at_ns - right.at_ns) > TOLERANCE_NS:
            yield f"from {at / 1e9:.6f} s on, things happen at other times"
            return
        if left.seen != right.seen:
            yield f"at {at / 1e9:.6f} s other things happen"
            return
    if before.verdict is None and before.outcome != after.outcome:
        yield "the scenario ends differently"


def _ceilings(before: Run, after: Run) -> Iterator[str]:
    for name in sorted({*before.ceilings, *after.ceilings}):
        was, now = before.ceilings.get(name, 0), after.ceilings.get(name, 0)
        if was != now:
            yield f"calls of {name} in flight: at most {was} before, {now} after"


def _leftovers(before: Run, after: Run) -> Iterator[str]:
    pairs = (
        ("tasks left running at the end of the scenario", before.tasks_left, after.tasks_left),
        ("tasks that never end", before.tasks_lingering, after.tasks_lingering),
        ("thread pools left open", before.pools_left, after.pools_left),
        ("timers that re-arm themselves for ever", before.endless_timers, after.endless_timers),
    )
    for what, was, now in pairs:
        if now and not was:
            yield f"{what}: none before, {now} after"
    if before.jobs_left != after.jobs_left:
        yield f"jobs left in worker threads: {before.jobs_left} before, {after.jobs_left} after"
    old, new = Counter(before.warnings), Counter(after.warnings)
    for text in sorted((new - old).elements()):
        yield f"new warning: {text}"
    for text in sorted((old - new).elements()):
        yield f"warning gone: {text}"


# The search.


class IncomparableError(Exception):
    """The comparison itself cannot be made. Says why."""


@dataclass(slots=True)
class Evidence:
    """What was really tried: a check that met nothing proves nothing."""

    worlds: int = 0
    runs: int = 0
    cancellations: int = 0
    calls: int = 0
    """Calls to the outside, made by the original without a cancellation."""
    failures: int = 0
    """Those that failed."""
    struck: int = 0
    """Cancellations that met a call in flight."""
    raised: int = 0
    """Worlds in which the original raised."""


@dataclass(slots=True)
class _Search:
    before: Load
    after: Load
    options: WorldOptions
    evidence: Evidence = field(default_factory=Evidence)

    def run(self, load: Load, plan: Plan, cancellation: Cancellation | None) -> tuple[Run, World]:
        world = World(plan, self.options)
        self.evidence.runs += 1
        return run_in_world(load, world, cancellation), world

    def check(self, plan: Plan) -> Difference | None:
        """The first difference in one world, with and without cancellations."""
        original, world = self.run(self.before, plan, None)
        self._insist(original, plan, None)
        self._count(original)
        difference = self._against(original, world, plan, None)
        if difference is not None:
            return difference
        for cancellation in cancellations(original, plan, self.options):
            cancelled, world = self.run(self.before, plan, cancellation)
            self.evidence.cancellations += 1
            self.evidence.struck += any(e.kind == "cancel" for e in cancelled.events)
            difference = self._against(cancelled, world, plan, cancellation)
            if difference is not None:
                self._insist(cancelled, plan, cancellation)
                return difference
        return None

    def _against(
        self, original: Run, world: World, plan: Plan, cancellation: Cancellation | None
    ) -> Difference | None:
        rewritten, _ = self.run(self.after, plan, cancellation)
        difference = compare(original, rewritten)
        if difference is None:
            return None
        where = _describe_world(plan, world, cancellation)
        return Difference(difference.reasons, original, rewritten, where)

    def _insist(self, original: Run, plan: Plan, cancellation: Cancellation | None) -> None:
        if isinstance(original.verdict, RanAway | Unsupported):
            raise IncomparableError(f"the original cannot be simulated: {original.verdict}")
        again, world = self.run(self.before, plan, cancellation)
        difference = compare(original, again)
        if difference is not None:
            where = _describe_world(plan, world, cancellation)
            shown = Difference(difference.reasons, original, again, where)
            raise IncomparableError(f"the original differs from itself\n{shown}")

    def _count(self, original: Run) -> None:
        kinds = Counter(event.kind for event in original.events)
        self.evidence.worlds += 1
        self.evidence.calls += kinds["start"]
        self.evidence.failures += kinds["error"]
        self.evidence.raised += original.outcome.startswith("raised")


def _describe_world(plan: Plan, world: World, cancellation: Cancellation | None) -> str:
    lines = [str(plan)]
    if world.choices:
        lines.append(", ".join(f"{name}: {value!r}" for name, value in world.choices.items()))
    if cancellation is not None:
        lines.append(str(cancellation))
    return "\n".join(lines)


def cancellations(original: Run, plan: Plan, options: WorldOptions) -> tuple[Cancellation, ...]:
    """When to cancel the caller: all candidates if they are few, else a sample of the world's.

    Candidates lie just before each event and midway between neighbours, from the start to the
    end of the scenario, a little off the round so that no timer falls on one. None falls into
    the instant of an event: which of the two came first would be a tie, not behaviour.
    """
    if options.cancellations == 0:
        return ()
    rng = random.Random(f"cancellations {plan.seed}")
    times = [0, *original.instants()]
    candidates: set[int] = set()
    for earlier, later in pairwise(times):
        if later - earlier > 4 * _BEFORE_NS:
            candidates.add(later - _BEFORE_NS - rng.randrange(1, TOLERANCE_NS))
            candidates.add((earlier + later) // 2 + rng.randrange(1, TOLERANCE_NS))
    chosen = sorted(candidates)
    if len(chosen) > options.cancellations:
        chosen = sorted(rng.sample(chosen, options.cancellations))
    return tuple(_cancellation(at, rng, options) for at in chosen)


def _cancellation(at_ns: int, rng: random.Random, options: WorldOptions) -> Cancellation:
    again, message = rng.randrange(6), rng.choice([None, "stop"])
    if again or not options.second_cancel:
        return Cancellation(at_ns, None, message)
    return Cancellation(at_ns, rng.randrange(10_000_000, 300_000_000), message)


# What a world is like, its seed aside. Hypothesis makes the first field smallest first.
SHAPES: Final[st.SearchStrategy[tuple[int, ...]]] = st.tuples(
    st.integers(0, 8),  # size
    st.integers(0, 5),  # failures
    st.integers(0, 2),  # cleanup
    st.integers(0, 3),  # oddity
    st.integers(0, 2),  # pace
    st.integers(0, 1),  # exits
)
_SEEDS: Final = 10
"""So many worlds of each shape are tried before it counts as too small to show a difference."""
_MOST_RUNS: Final = 1_500
"""When to stop looking for a smaller world."""
_SHRINKING: Final = settings(
    max_examples=200,
    derandomize=True,
    database=None,
    deadline=None,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)


def search(
    before: Load, after: Load, options: WorldOptions | None = None, *, worlds: int = 200
) -> tuple[Difference | None, Evidence]:
    """Look for a world in which ``after`` differs from ``before``.

    The same arguments try the same worlds. A difference is that of the smallest world found.

    Raises:
        IncomparableError: the comparison cannot be made (see the module's docstring).
    """
    hunt = _Search(before, after, options or WorldOptions())
    with frozen_heap():
        for seed in range(worlds):
            difference = hunt.check(Plan.from_seed(seed))
            freeze_survivors()
            if difference is not None:
                return _smallest(hunt, difference), hunt.evidence
    return None, hunt.evidence


def _smallest(hunt: _Search, known: Difference) -> Difference:
    """The difference that hypothesis can shrink furthest; ``known`` if it finds none."""
    shrinking = replace(hunt, evidence=Evidence())

    # Remembered, because hypothesis asks again and insists on the same answer.
    @cache
    def first_difference(shape: tuple[int, ...]) -> Difference | None:
        size, failures, cleanup, oddity, pace, exits = shape
        for seed in range(_SEEDS):
            if shrinking.evidence.runs > _MOST_RUNS:
                return None
            plan = Plan(seed, size, failures, cleanup, pace, oddity, exits)
            difference = shrinking.check(plan)
            freeze_survivors()
            if difference is not None:
                return difference
        return None

    with suppress(NoSuchExample):
        shape = find(SHAPES, lambda s: first_difference(s) is not None, settings=_SHRINKING)
        return first_difference(shape) or known
    return known
