"""Spacing out requests, so that the store has no reason to throttle us."""

from __future__ import annotations

import time
from collections.abc import Callable

import reactivex as rx

from objlib.upload._operators import last_value_from


class RateLimiter:
    """Hands out evenly spaced slots, first come, first served."""

    def __init__(self, per_second: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        if per_second <= 0:
            raise ValueError("per_second must be positive")
        self._interval = 1.0 / per_second
        self._clock = clock
        self._next_slot = 0.0

    async def acquire(self) -> float:
        """Wait for the next slot; returns how long that took, in seconds."""
        now = self._clock()
        slot = max(now, self._next_slot)
        self._next_slot = slot + self._interval
        delay = slot - now
        if delay > 0:
            await last_value_from(rx.timer(delay))
        return delay

    def penalise(self, seconds: float) -> None:
        """Hand out no slot for ``seconds``: the store has complained."""
        self._next_slot = max(self._next_slot, self._clock() + seconds)
