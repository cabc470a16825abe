"""A growing interval with a cap, a deadline, progress and three ways to end."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

import reactivex as rx
from reactivex import operators as ops

from _operators import PENDING, last_value_from, poll

logger = logging.getLogger(__name__)


class ExportFailed(Exception):
    pass


class ExportWatcher:
    def __init__(self, fetch: Callable[[str], Awaitable[dict]], *, first: float, cap: float) -> None:
        self._fetch = fetch
        self._first = first
        self._cap = cap

    async def wait(
        self,
        export_id: str,
        *,
        timeout: float = 60.0,
        on_progress: Callable[[int], None] | None = None,
    ) -> str:
        """Wait for the export and return where it can be downloaded.

        Raises:
            ExportFailed: the export failed.
            TimeoutError: it took longer than ``timeout`` seconds of waiting.
        """
        interval = self._first
        elapsed = 0.0

        async def check(n: int) -> str:
            nonlocal elapsed, interval
            if n:
                elapsed += interval
                # Exports take minutes to hours.
                interval = min(interval * 2, self._cap)
            if not elapsed < timeout:
                raise TimeoutError(f"{export_id} not ready after {timeout:g} s")
            export = await self._fetch(export_id)
            if on_progress is not None:
                on_progress(export["percent"])

            if export["state"] == "ready":
                return export["url"]
            if export["state"] == "failed":
                raise ExportFailed(export_id)

            logger.debug("%s is at %d %%", export_id, export["percent"])
            return PENDING

        return await last_value_from(
            rx.defer(lambda _: rx.interval(interval)).pipe(
                poll(check),
                ops.take_while(lambda result: result is PENDING, inclusive=True),
                ops.last(),
            )
        )

    async def drained(self, queue_id: str, *, patience: int = 5) -> bool:
        delay = self._first
        empty_rounds = 0

        async def check(n: int) -> bool:
            nonlocal delay, empty_rounds
            if n:
                delay = min(delay * 1.5, self._cap)
            if not empty_rounds < patience:
                return False
            queue = await self._fetch(queue_id)
            if queue["percent"] < 90:
                empty_rounds = 0
            else:
                empty_rounds += 1
            if queue["state"] == "ready":
                return False
            return True

        await last_value_from(
            rx.defer(lambda _: rx.interval(delay)).pipe(
                poll(check),
                ops.take_while(lambda pending: pending, inclusive=True),
                ops.last(),
            )
        )
        logger.info("drained after %d empty rounds", empty_rounds)
        return empty_rounds > 0
