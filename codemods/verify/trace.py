"""What a run left to be seen: events with their virtual time, and what it left behind."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from codemods.verify.loop import NANOSECONDS
from codemods.verify.verdict import Verdict

Kind = Literal[
    "start",  # a call to the outside began
    "finish",  # it returned
    "error",  # it raised
    "cancel",  # it was cancelled; its cleanup begins
    "cancelled",  # its cleanup is over and it raised CancelledError
    "note",  # something the scenario or the subject noted
    "log",  # a log record
    "stop",  # the caller was cancelled from outside
    "outcome",  # the scenario ended
]
TOLERANCE_NS: Final = 1_000
"""Times closer than a microsecond are one instant: float arithmetic on seconds is no finer."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something an observer outside the program can see."""

    at_ns: int
    """Nanoseconds since the start of the run."""
    kind: Kind
    name: str
    """Of the call, the note or the logger."""
    detail: str = ""
    """Arguments and number of the call; result or exception; text of the record."""
    where: str = "loop"
    """``loop`` or ``thread``."""
    context: str = ""
    """The watched context variables, as the code saw them."""
    call: int | None = field(default=None, compare=False)
    """Which call of the run; ties a start to its end. Not compared: order in an instant is free."""

    @property
    def seen(self) -> tuple[str, ...]:
        """All that is compared, except the time."""
        return (self.kind, self.name, self.detail, self.where, self.context)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of a program in a world. ``compare`` in ``equivalence`` says when two are equal."""

    events: tuple[Event, ...]
    """In order of time."""
    verdict: Verdict | None = None
    """Set if the run did not end by itself."""
    ended_ns: int = 0
    """When the scenario ended."""
    tasks_left: tuple[str, ...] = ()
    """Tasks that still ran at the end of the instant in which the scenario ended."""
    tasks_lingering: tuple[str, ...] = ()
    """Tasks that still ran when everything else had had time to end."""
    jobs_left: int = 0
    """Jobs that worker threads still ran when the scenario ended."""
    pools_left: int = 0
    """Thread pools that nobody shut down, the loop's own aside."""
    endless_timers: bool = False
    """Whether timers went on re-arming themselves after all tasks had ended."""
    warnings: tuple[str, ...] = ()
    """Warnings and complaints to the loop's exception handler, sorted."""

    @property
    def outcome(self) -> str:
        """How the scenario ended, in words."""
        if self.verdict is not None:
            return str(self.verdict)
        return next((e.detail for e in self.events if e.kind == "outcome"), "no outcome")

    @property
    def ceilings(self) -> Mapping[str, int]:
        """The most calls in flight at a time, by name of the call."""
        return {
            name: _ceiling(events) for name, events in sorted(_calls_by_name(self.events).items())
        }

    def instants(self) -> tuple[int, ...]:
        """The times (ns) at which something happened up to the scenario's end, ascending."""
        return tuple(sorted({e.at_ns for e in self.events if e.at_ns <= self.ended_ns}))


def _calls_by_name(events: Iterable[Event]) -> dict[str, list[Event]]:
    by_name: dict[str, list[Event]] = {}
    for event in events:
        if event.call is not None and event.kind != "cancel":
            by_name.setdefault(event.name, []).append(event)
    return by_name


def _ceiling(events: list[Event]) -> int:
    """Ends come before starts within an instant, except that a call starts before it ends."""
    starts = {e.call: e.at_ns for e in events if e.kind == "start"}
    ends = {e.call: e.at_ns for e in events if e.kind != "start"}
    most = 0
    in_flight: list[float] = []
    for call, at in sorted(starts.items(), key=lambda item: item[1]):
        while in_flight and in_flight[0] <= at:
            heapq.heappop(in_flight)
        heapq.heappush(in_flight, ends.get(call, float("inf")))
        most = max(most, len(in_flight))
    return most


@dataclass(frozen=True, slots=True)
class Instant:
    """Events of one instant. Their order is free."""

    at_ns: int
    events: tuple[Event, ...]

    @property
    def seen(self) -> Counter[tuple[str, ...]]:
        return Counter(event.seen for event in self.events)


def instants(events: Iterable[Event]) -> Iterator[Instant]:
    """Events in groups: each event within the tolerance of the one before it joins its group."""
    group: list[Event] = []
    for event in sorted(events, key=lambda event: event.at_ns):
        if group and event.at_ns - group[-1].at_ns > TOLERANCE_NS:
            yield Instant(group[0].at_ns, tuple(group))
            group = []
        group.append(event)
    if group:
        yield Instant(group[0].at_ns, tuple(group))


def seconds(ns: int) -> str:
    """``1.234567``: a time for readers."""
    return f"{ns / NANOSECONDS:.6f}"
