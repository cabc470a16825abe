"""The mapping table: every rule that there is or will be, by code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Tier = Literal[1, 2, 3]


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the table."""

    code: str
    name: str
    tier: Tier
    original: str
    target: str
    packages: tuple[str, ...] = ("reactivex",)
    """What the rewritten code needs installed."""
    adapted: str = ""
    """The behaviour that changes where ``--adapted`` asks for more than what is exact."""


_ENTRIES = (
    Entry(
        "RX301", "to-thread", 3, "asyncio.to_thread, run_in_executor(None, …)", "rx.from_callable"
    ),
    Entry("RX302", "wait-for", 3, "asyncio.wait_for", "timeout"),
    Entry("RX303", "retry-decorator", 3, "@tenacity.retry", "retry_when"),
    Entry("RX304", "gather-fixed", 3, "asyncio.gather of fixed calls", "fork_join"),
    Entry("RX201", "semaphore-gather", 2, "Semaphore + gather", "flat_map(…, max_concurrent=N)"),
    Entry("RX202", "gather-fan-out", 2, "asyncio.gather over a collection", "flat_map"),
    Entry("RX203", "async-limiter", 2, "aiolimiter.AsyncLimiter", "rate_limit"),
    Entry("RX204", "polling-loop", 2, "loop + check + sleep", "rx.interval + take_while"),
    Entry("RX205", "wave-chain", 2, "wave 1, guard, wave 2", "concat_map"),
    Entry("RX206", "checkpoint", 2, "a write between waves", "do_action"),
    Entry("RX207", "stagger", 2, "sleep between launches, gather", "rx.zip + rx.timer + flat_map"),
    Entry("RX208", "delay", 2, "any other sleep", "rx.timer"),
    Entry("RX101", "retry-block", 1, "tenacity.AsyncRetrying, TryAgain", "retry_when"),
    Entry("RX102", "shutdown-event", 1, "asyncio.Event", "Subject + take_until"),
    Entry("RX103", "occ-retry", 1, "retry loop on a conflict", "occ_transition"),
    Entry(
        "RX104",
        "dynamic-limit",
        1,
        "sem._value = n",
        "BehaviorSubject + dynamic_semaphore",
        adapted="what is assigned is the limit, no longer the number of free places",
    ),
    Entry("RX105", "rate-limit-retry", 1, "retry loop on a rate limit", "upload_with_retry"),
)

TABLE: Mapping[str, Entry] = MappingProxyType({entry.code: entry for entry in _ENTRIES})
