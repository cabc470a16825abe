"""The store says how long to wait; the client waits at least that long."""

import asyncio
import logging
import random
from typing import Any

from _operators import PENDING, TryAgain, last_value_from, upload_with_retry

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

        async def request(document: str) -> str:
            await self._client.slot()
            try:
                async with self._slots:
                    operation = await self._client.upload(document)
            except RateLimitedError as exc:
                self.failures += 1
                raise TryAgain from exc
            except (RemoteError, OSError):
                self.failures += 1
                raise
            else:
                return operation

        def backoff(attempt: int, exc: RateLimitedError) -> float:
            # Full jitter: those who were throttled together must not come back together.
            ceiling = min(2.0, 0.1 * 2**attempt)
            delay = max(self._rng.uniform(0, ceiling), exc.retry_after or 0.0)
            logger.info("%s: throttled, again in %.2fs", document, delay)
            return delay

        if self._retries >= 0:
            return await last_value_from(
                upload_with_retry(
                    document,
                    request,
                    max_attempts=self._retries + 1,
                    retry_on=TryAgain,
                    backoff=backoff,
                )
            )
        raise AssertionError("unreachable")

    async def delete(self, document: str) -> None:
        async def request(document: str) -> None:
            await self._client.upload(f"-{document}")

        def backoff(attempt: int, exc: RateLimitedError) -> float:
            if exc.retry_after:
                return exc.retry_after
            else:
                return 0.5 * (attempt + 1)

        result = await last_value_from(
            upload_with_retry(
                document,
                request,
                max_attempts=3,
                retry_on=RateLimitedError,
                backoff=backoff,
                exhausted=PENDING,
            )
        )
        if result is not PENDING:
            return
        logger.error("%s stays", document)
