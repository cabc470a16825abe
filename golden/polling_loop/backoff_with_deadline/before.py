"""A growing interval with a cap, a deadline, progress and three ways to end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

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
        while elapsed < timeout:
            export = await self._fetch(export_id)
            if on_progress is not None:
                on_progress(export["percent"])

            if export["state"] == "ready":
                return export["url"]
            if export["state"] == "failed":
                raise ExportFailed(export_id)

            logger.debug("%s is at %d %%", export_id, export["percent"])
            await asyncio.sleep(interval)
            elapsed += interval
            # Exports take minutes to hours.
            interval = min(interval * 2, self._cap)

        raise TimeoutError(f"{export_id} not ready after {timeout:g} s")

    async def drained(self, queue_id: str, *, patience: int = 5) -> bool:
        delay = self._first
        empty_rounds = 0
        while empty_rounds < patience:
            queue = await self._fetch(queue_id)
            if queue["percent"] < 90:
                empty_rounds = 0
            else:
                empty_rounds += 1
            if queue["state"] == "ready":
                break
            await asyncio.sleep(delay)
            delay = min(delay * 1.5, self._cap)
        logger.info("drained after %d empty rounds", empty_rounds)
        return empty_rounds > 0
