"""What was found out about each mapping: the one fact that decided how it is made, and where
the equivalence with the original is tried."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Finding:
    """``worlds`` names the cases of ``tests/codemods/verify/operators`` that compare the target
    with the original in simulated worlds; ``patterns`` those of ``codemods harness``."""

    key: str
    worlds: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()


FINDINGS: Mapping[str, Finding] = MappingProxyType(
    {
        "RX301": Finding(
            "`ThreadPoolScheduler` has threads of its own, loses the context and delivers in the"
            " wrong thread: `in_thread` and `in_executor` stand in for it.",
            ("threads",),
        ),
        "RX302": Finding(
            "`ops.timeout` raises a bare `Exception` and does not wait for the cleanup of what"
            " it cancels: `timeout` stands in for it, with the rules of the running Python's"
            " `wait_for`.",
            ("time_limit",),
            ("retry",),
        ),
        "RX303": Finding(
            "There is no `retry_when`; `ops.retry` repeats at once, over a cancellation too, and"
            " loses falsy exceptions. The policy's functions are asked in tenacity's order, so"
            " that random waits are drawn just as often. It decorates functions, too: a"
            " coroutine or, in its own thread, a plain one.",
            ("retries", "retried_functions"),
            ("retry",),
        ),
        "RX304": Finding(
            "`rx.fork_join` cancels siblings at the first error: the vendored `fork_join` lets"
            " them go on.",
            ("fixed_calls",),
        ),
        "RX201": Finding(
            "Stock `flat_map` takes no bound, and `merge(max_concurrent=N)` emits in completion"
            " order: the vendored `flat_map` keeps input order, and passes a place on as a"
            " semaphore does.",
            ("fan_out_bounded", "fan_out_exceptions_in_place"),
            ("aiosqlite streams",),
        ),
        "RX202": Finding(
            "Stock `merge` cancels siblings at the first error: the vendored `flat_map` lets"
            " them go on, and drops their outcomes without a warning.",
            ("fan_out_unbounded", "fan_out_exceptions_in_place"),
            ("aiosqlite streams",),
        ),
        "RX203": Finding(
            "`throttle` operators drop items, and a `zip` with an interval forbids bursts:"
            " `rate_limit` is the leaky bucket itself.",
            ("rate_limit",),
        ),
        "RX204": Finding(
            "`rx.interval` with `flat_map` overlaps and queues checks up: `poll` subscribes to"
            " the interval anew after each check.",
            ("polling",),
        ),
        "RX205": Finding(
            "A wave that runs in a task of its own would see other context variables:"
            " `concat_map` runs it in the awaiting task.",
            ("waves",),
        ),
        "RX206": Finding(
            "`ops.do_action` does not wait: the vendored `do_action` does, before it passes the"
            " item on.",
            ("waves",),
        ),
        "RX207": Finding(
            "Stock timers reckon each tick from the one before and catch up; a loop around"
            " `sleep` does neither. Awaited by `last_value_from`, a timer does as the loop."
        ),
        "RX208": Finding(
            "Without a scheduler `rx.timer` starts a thread: `last_value_from` gives it the loop."
        ),
        "RX101": Finding(
            "Only the attempt is the source of `retry_when`; what lies upstream is not repeated.",
            ("retries",),
            ("retry",),
        ),
        "RX102": Finding(
            "`ops.take_until` in front of a bounded fan-out over an iterable gates nothing, and"
            " behind it cuts off what runs: `take_until` and `shutdown_gate` stand where an item"
            " starts. `rx.from_iterable` gives all items at once: `pull_from` gives one when it is"
            " asked. A plain `Subject` does not remember that it fired: an `EventSubject` is a"
            " `BehaviorSubject`.",
            ("events", "gated_rounds", "shutdown"),
            ("shutdown",),
        ),
        "RX103": Finding(
            "The transition reads inside the attempt, so each decides on fresh state; the last"
            " conflict comes out as it is, without a wait after it.",
            ("optimistic_transition", "guarded_part"),
            ("OCC retry",),
        ),
        "RX104": Finding(
            "`sem._value` counts free places, a limit counts all: with a `BehaviorSubject` what"
            " runs goes on when the limit drops. Adapted, not exact; what is replaced by another"
            " semaphore is swapped exactly, and knows nothing of the old one's work.",
            ("semaphore",),
            ("dynamic limit",),
        ),
        "RX105": Finding(
            "Full jitter, cap, budget and the last exception are a policy of `retry_when`.",
            ("patient_upload", "guarded_part"),
            ("retry",),
        ),
    }
)
