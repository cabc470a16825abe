"""Loops whose last word is said behind them."""

import asyncio
import logging

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
        for attempt in range(self.max_retries):
            try:
                return await self.transport.post(message["id"], body=message)
            except RateLimitExceeded as e:
                last_error = e
                wait = self.backoff_factor * (2 ** attempt)
                logger.warning(f"Rate limited. Waiting {wait}s (attempt {attempt + 1})")
                await asyncio.sleep(wait)
        raise UploadFailed(f"gave up after {self.max_retries}") from last_error

    async def forward(self, message: dict) -> str | None:
        for attempt in range(self.max_retries):
            try:
                return await self.transport.post(message["id"], body=message)
            except RateLimitExceeded:
                if attempt < self.max_retries - 1:
                    await asyncio.sleep(self.backoff_factor)
                else:
                    logger.error("%s is lost", message["id"])
                    return None

    async def broadcast(self, message: dict) -> int:
        sent = 0
        for channel in ("a", "b"):
            for attempt in range(1, 3):
                try:
                    await self.transport.post(channel, body=message)
                    sent += 1
                    break
                except RateLimitExceeded as e:
                    logger.info("%s: %s", channel, e)
                    await asyncio.sleep(attempt)
            else:
                logger.error("%s did not hear of it", channel)
        return sent
