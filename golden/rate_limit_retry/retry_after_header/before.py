"""The store says how long to wait; the client waits at least that long."""

import asyncio
import logging
import random
from typing import Any

logger = logging.getLogger(__name__)


class RateLimitedError(Exception):
    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class RemoteError(Exception):
    pass


class Uploader:
    def __init__(self, client: Any, slots: asyncio.Semaphore, retries: int) -> None:
        self._client = client
        self._slots = slots
        self._retries = retries
        self._rng = random.Random(7)
        self.failures = 0

    async def send(self, document: str) -> str:
        """Send a document; when throttled, wait right here."""
        for attempt in range(self._retries + 1):
            await self._client.slot()
            try:
                async with self._slots:
                    operation = await self._client.upload(document)
            except RateLimitedError as exc:
                self.failures += 1
                if attempt == self._retries:
                    raise
                # Full jitter: those who were throttled together must not come back together.
                ceiling = min(2.0, 0.1 * 2**attempt)
                delay = max(self._rng.uniform(0, ceiling), exc.retry_after or 0.0)
                logger.info("%s: throttled, again in %.2fs", document, delay)
                await asyncio.sleep(delay)
            except (RemoteError, OSError):
                self.failures += 1
                raise
            else:
                return operation
        raise AssertionError("unreachable")

    async def delete(self, document: str) -> None:
        for attempt in range(3):
            try:
                await self._client.upload(f"-{document}")
                return
            except RateLimitedError as exc:
                if exc.retry_after:
                    await asyncio.sleep(exc.retry_after)
                else:
                    await asyncio.sleep(0.5 * (attempt + 1))
        logger.error("%s stays", document)
