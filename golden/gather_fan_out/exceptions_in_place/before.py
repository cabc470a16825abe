"""``return_exceptions``, given in all ways in which it is given."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

logger = logging.getLogger(__name__)


class Webhooks:
    def __init__(self, post: Any, *, lenient: bool) -> None:
        self._post = post
        self.lenient = lenient

    async def fire(self, urls: list[str], event: str) -> tuple[int, int]:
        """How many took the event, and how many did not."""
        results = await asyncio.gather(
            *[self._post(url, event) for url in urls],
            return_exceptions=True,
        )
        for url, result in zip(urls, results, strict=True):
            if isinstance(result, asyncio.CancelledError):
                logger.warning("%s: cancelled", url)
            elif isinstance(result, Exception):
                logger.warning("%s: %r", url, result)
        failed = sum(isinstance(result, BaseException) for result in results)
        return len(results) - failed, failed

    async def fire_strictly(self, urls: list[str], event: str) -> list[str]:
        return await asyncio.gather(*[self._post(u, event) for u in urls], return_exceptions=False)

    async def fire_as_told(self, urls: list[str], event: str) -> list[Any]:
        return await asyncio.gather(
            *(self._post(url, event) for url in urls), return_exceptions=self.lenient
        )
