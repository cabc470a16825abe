"""Loops whose last word is said behind them."""

import logging

from _operators import PENDING, last_value_from, upload_with_retry

logger = logging.getLogger(__name__)


class RateLimitExceeded(Exception):
    pass


class UploadFailed(Exception):
    pass


class Sender:
    max_retries = 3
    backoff_factor = 0.5

    def __init__(self, transport) -> None:
        self.transport = transport

    async def send(self, message: dict) -> str:
        last_error = None

        def backoff(attempt: int, e: RateLimitExceeded) -> float:
            nonlocal last_error
            last_error = e
            wait = self.backoff_factor * (2 ** attempt)
            logger.warning(f"Rate limited. Waiting {wait}s (attempt {attempt + 1})")
            return wait

        result = await last_value_from(
            upload_with_retry(
                message,
                lambda message: self.transport.post(message["id"], body=message),
                max_attempts=self.max_retries,
                retry_on=RateLimitExceeded,
                backoff=backoff,
                exhausted=PENDING,
            )
        )
        if result is not PENDING:
            return result
        raise UploadFailed(f"gave up after {self.max_retries}") from last_error

    async def forward(self, message: dict) -> str | None:
        attempt = -1

        async def request(message: dict) -> str | None:
            nonlocal attempt
            attempt += 1
            try:
                return await self.transport.post(message["id"], body=message)
            except RateLimitExceeded:
                if not attempt < self.max_retries - 1:
                    logger.error("%s is lost", message["id"])
                    return None
                raise

        return await last_value_from(
            upload_with_retry(
                message,
                request,
                max_attempts=self.max_retries,
                retry_on=RateLimitExceeded,
                backoff=lambda *_: self.backoff_factor,
            )
        )

    async def broadcast(self, message: dict) -> int:
        sent = 0
        for channel in ("a", "b"):
            async def request(message: dict) -> None:
                nonlocal sent
                await self.transport.post(channel, body=message)
                sent += 1

            def backoff(n: int, e: RateLimitExceeded) -> float:
                attempt = n + 1
                logger.info("%s: %s", channel, e)
                return attempt

            result = await last_value_from(
                upload_with_retry(
                    message,
                    request,
                    max_attempts=2,
                    retry_on=RateLimitExceeded,
                    backoff=backoff,
                    exhausted=PENDING,
                )
            )
            if result is PENDING:
                logger.error("%s did not hear of it", channel)
        return sent
