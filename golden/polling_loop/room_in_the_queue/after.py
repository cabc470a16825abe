"""Log lines and counters between the check and the sleep; a period that may change."""

from __future__ import annotations

import logging
import time

import reactivex as rx
from reactivex import operators as ops

from _operators import PENDING, last_value_from, poll

logger = logging.getLogger(__name__)


class Submitter:
    def __init__(self, queue, settings) -> None:
        self._queue = queue
        self._settings = settings
        self.rounds = 0

    async def wait_for_room(self) -> None:
        """Hold back until the service takes another job."""

        async def check(_: int) -> bool:
            status = await self._queue.status()
            if status.has_room:
                return False
            self.rounds += 1
            logger.info("queue is full (%d of %d), waiting", status.pending, status.capacity)
            return True

        await last_value_from(
            rx.defer(lambda _: rx.interval(self._settings.interval)).pipe(
                poll(check),
                ops.take_while(lambda pending: pending, inclusive=True),
                ops.last(),
            )
        )

    async def slot(self, patience: float):
        """The free slot that turns up within ``patience`` seconds."""
        started = time.monotonic()

        async def check(_: int):
            if not time.monotonic() - started < patience:
                raise TimeoutError("no slot")
            slot = await self._queue.free_slot()
            if slot is not None:
                return slot
            logger.debug("no slot after %.1f s", time.monotonic() - started)
            return PENDING

        return await last_value_from(
            rx.defer(lambda _: rx.interval(self._settings.interval)).pipe(
                poll(check),
                ops.take_while(lambda slot: slot is PENDING, inclusive=True),
                ops.last(),
            )
        )

    async def length_below(self, limit: int) -> int:
        async def check(_: int):
            status = await self._queue.status()
            logger.debug("%d pending", status.pending)
            return status

        status = await last_value_from(
            rx.defer(lambda _: rx.interval(self._settings.interval)).pipe(
                poll(check),
                ops.take_while(
                    lambda status: not status.pending < limit, inclusive=True
                ),
                ops.last(),
            )
        )
        logger.info("room for %d", limit - status.pending)
        return status.pending

    async def calm(self, limit: int) -> object:
        async def check(_: int):
            status = await self._queue.status()
            if status.pending < limit:
                return status
            # Twice a minute is what they ask for.
            logger.debug("%d pending", status.pending)
            return PENDING

        status = await last_value_from(
            rx.interval(0.5).pipe(
                poll(check),
                ops.take_while(lambda status: status is PENDING, inclusive=True),
                ops.last(),
            )
        )
        return status
