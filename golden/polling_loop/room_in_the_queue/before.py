"""Log lines and counters between the check and the sleep; a period that may change."""

from __future__ import annotations

import asyncio
import logging
import time

logger = logging.getLogger(__name__)


class Submitter:
    def __init__(self, queue, settings) -> None:
        self._queue = queue
        self._settings = settings
        self.rounds = 0

    async def wait_for_room(self) -> None:
        """Hold back until the service takes another job."""
        while True:
            status = await self._queue.status()
            if status.has_room:
                break
            self.rounds += 1
            logger.info("queue is full (%d of %d), waiting", status.pending, status.capacity)
            await asyncio.sleep(self._settings.interval)

    async def slot(self, patience: float):
        """The free slot that turns up within ``patience`` seconds."""
        started = time.monotonic()
        while time.monotonic() - started < patience:
            slot = await self._queue.free_slot()
            if slot is not None:
                return slot
            logger.debug("no slot after %.1f s", time.monotonic() - started)
            await asyncio.sleep(self._settings.interval)
        raise TimeoutError("no slot")

    async def length_below(self, limit: int) -> int:
        while True:
            status = await self._queue.status()
            logger.debug("%d pending", status.pending)
            if status.pending < limit:
                break
            await asyncio.sleep(self._settings.interval)
        logger.info("room for %d", limit - status.pending)
        return status.pending

    async def calm(self, limit: int) -> object:
        while True:
            status = await self._queue.status()
            if status.pending < limit:
                break
            # Twice a minute is what they ask for.
            logger.debug("%d pending", status.pending)
            await asyncio.sleep(0.5)
        return status
