"""Notices when the store is in trouble."""

from __future__ import annotations

import logging
from collections import deque

logger = logging.getLogger(__name__)


class CircuitBreaker:
    """Looks at the last ``window`` calls and trips when too large a share of them failed."""

    def __init__(self, *, window: int = 10, threshold: float = 0.3) -> None:
        self._calls: deque[bool] = deque(maxlen=window)
        self._threshold = threshold
        self._trips = 0

    @property
    def trips(self) -> int:
        return self._trips

    @property
    def failure_share(self) -> float:
        if not self._calls:
            return 0.0
        return self._calls.count(False) / len(self._calls)

    @property
    def should_slow_down(self) -> bool:
        """Too much has failed lately, and there is enough evidence to say so."""
        return len(self._calls) >= 3 and self.failure_share >= self._threshold

    def record_success(self) -> None:
        self._calls.append(True)

    def record_failure(self) -> None:
        self._calls.append(False)

    def trip(self) -> None:
        """Note that somebody acted on the advice; start over with a clean slate."""
        self._trips += 1
        logger.warning("circuit breaker tripped (%.0f%% failed)", 100 * self.failure_share)
        self._calls.clear()
