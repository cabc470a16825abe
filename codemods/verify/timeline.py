"""Two runs side by side, for readers: what was called when; before on the left, after right."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from codemods.verify.trace import TOLERANCE_NS, Event, Instant, Run, instants, seconds

_WIDTH: Final = 58
_MOST_LINES: Final = 80
_LEAD: Final = 12
"""Lines of agreement shown before the first difference, when there are too many."""


def timeline(before: Run, after: Run) -> str:
    """Aligned timelines. ``!`` marks lines that differ. Ends with what else a run shows."""
    header = f"  {'seconds':>12}  {'before':<{_WIDTH}} | after"
    lines = _shorten(list(_lines(before, after)))
    return "\n".join([header, *lines, "", *_summary(before, after)])


def _lines(before: Run, after: Run) -> Iterator[str]:
    for left, right in _aligned(list(instants(before.events)), list(instants(after.events))):
        at = min(i.at_ns for i in (left, right) if i is not None)
        for one, other in _paired(left, right):
            mark = " " if one and other and one.seen == other.seen else "!"
            yield f"{mark} {seconds(at):>12}  {_cell(one):<{_WIDTH}} | {_cell(other)}".rstrip()


def _aligned(
    lefts: list[Instant], rights: list[Instant]
) -> Iterator[tuple[Instant | None, Instant | None]]:
    while lefts and rights:
        gap = lefts[0].at_ns - rights[0].at_ns
        if abs(gap) <= TOLERANCE_NS:
            yield lefts.pop(0), rights.pop(0)
        elif gap < 0:
            yield lefts.pop(0), None
        else:
            yield None, rights.pop(0)
    for left in lefts:
        yield left, None
    for right in rights:
        yield None, right


def _paired(
    left: Instant | None, right: Instant | None
) -> Iterator[tuple[Event | None, Event | None]]:
    unmatched = list(right.events) if right else []
    for event in left.events if left else ():
        twin = next((other for other in unmatched if other.seen == event.seen), None)
        if twin is not None:
            unmatched.remove(twin)
        yield event, twin
    for event in unmatched:
        yield None, event


def _cell(event: Event | None) -> str:
    if event is None:
        return ""
    text = f"{event.kind} {event.name}{'' if event.detail.startswith('(') else ' '}{event.detail}"
    if event.where != "loop":
        text += f" in a {event.where}"
    if event.context:
        text += f" [{event.context}]"
    return text if len(text) <= _WIDTH else text[: _WIDTH - 1] + "…"


def _shorten(lines: list[str]) -> list[str]:
    if len(lines) <= _MOST_LINES:
        return lines
    first = next((i for i, line in enumerate(lines) if line.startswith("!")), 0)
    start = max(0, first - _LEAD)
    shown = lines[start : start + _MOST_LINES]
    above = [f"  … {start} lines alike"] if start else []
    below = len(lines) - start - len(shown)
    return [*above, *shown, *([f"  … {below} more lines"] if below else [])]


def _summary(before: Run, after: Run) -> Iterator[str]:
    for name, run in (("before", before), ("after", after)):
        yield f"{name}: {run.outcome}"
        if run.ceilings:
            most = ", ".join(f"{call} {n}" for call, n in run.ceilings.items())
            yield f"  at most in flight: {most}"
        if run.tasks_left:
            yield f"  tasks left: {', '.join(sorted(run.tasks_left))}"
        for text in run.warnings:
            yield f"  warning: {text}"
