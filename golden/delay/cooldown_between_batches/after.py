"""Cooldowns: between two batches, and one that grows with the failures before it."""

import logging
from collections.abc import Awaitable, Callable, Iterable

import reactivex as rx

from _operators import last_value_from

logger = logging.getLogger(__name__)


class BatchRunner:
    """Runs batches one after the other, with a rest between them."""

    def __init__(
        self, run: Callable[[str], Awaitable[int]], *, cooldown: float = 30.0, cap: float = 120.0
    ) -> None:
        self._run = run
        self._cooldown = cooldown
        self._cap = cap

    async def run_all(self, batches: Iterable[str]) -> dict[str, int]:
        counts: dict[str, int] = {}
        failures = 0
        for batch in batches:
            if counts:
                # The service wants its rest, whatever came before.
                await last_value_from(rx.timer(self._cooldown))
            try:
                counts[batch] = await self._run(batch)
            except ConnectionError:
                logger.warning("%s: no connection", batch)
                failures += 1
                await last_value_from(
                    rx.timer(min(self._cap, self._cooldown * 2**failures))
                )  # grows
                counts[batch] = -1
        await last_value_from(
            rx.timer(self._cooldown / 4)
        )  # for the next one who comes
        return counts
