"""Errors that say by a number, or in words, that it was too much."""

import asyncio
import logging
import random

logger = logging.getLogger("gateway")

RETRYABLE = 429


class HTTPError(Exception):
    def __init__(self, status: int, detail: str = "") -> None:
        super().__init__(status, detail)
        self.status = status
        self.detail = detail


async def call(post, url, payload, max_retries=3, base_delay=0.5):
    for attempt in range(max_retries):
        try:
            return await post(url, payload)
        except HTTPError as e:
            if e.status == 429 and attempt < max_retries - 1:
                delay = min(base_delay * (2**attempt), 4.0)
                jitter = random.uniform(0, delay * 0.1)  # 10 % jitter
                total_delay = delay + jitter
                logger.warning(
                    "got %s, retrying in %.1fs (attempt %d/%d)",
                    e.status,
                    total_delay,
                    attempt + 1,
                    max_retries,
                )
                await asyncio.sleep(total_delay)
                continue
            # Otherwise raise
            raise
    raise RuntimeError("loop ended without return or exception")


async def ask(post, url, payload, max_retries=3):
    for attempt in range(max_retries + 1):
        try:
            return await post(url, payload)
        except HTTPError as exc:
            if exc.status != 429 or exc.detail == "too large" or attempt >= max_retries:
                raise
            await asyncio.sleep(0.2 * (1 << attempt))
    raise HTTPError(500, "retries exhausted")


async def guess(post, url, payload):
    for attempt in range(3):
        try:
            response = await post(url, payload)
            logger.debug("answered")
            return response
        except Exception as e:
            if "429" in str(e) or "rate limit" in str(e).lower():
                wait_time = 2**attempt
                logger.info("waiting %ss", wait_time)
                await asyncio.sleep(wait_time)
            else:
                raise
    return None


async def translate(post, url, *payload, max_retries=4):
    for attempt in range(max_retries):
        try:
            return await post(url, payload)
        except HTTPError as e:  # what the gateway says
            # Only too many requests are worth another attempt.
            if e.status != 429 or attempt + 1 >= max_retries:
                raise
            # It forgets after a while.
            await asyncio.sleep(429 / 1000 * (attempt + 1))
        except Exception as e:
            # Whatever it is, callers know only one kind of error.
            raise HTTPError(500, str(e)) from e
    raise HTTPError(429, "no attempts")
