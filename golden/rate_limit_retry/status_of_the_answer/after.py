"""Errors that say by a number, or in words, that it was too much."""

import logging
import random

from _operators import PENDING, last_value_from, upload_with_retry

logger = logging.getLogger("gateway")

RETRYABLE = 429


class HTTPError(Exception):
    def __init__(self, status: int, detail: str = "") -> None:
        super().__init__(status, detail)
        self.status = status
        self.detail = detail


async def call(post, url, payload, max_retries=3, base_delay=0.5):
    def backoff(attempt, e):
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
            return total_delay
        # Otherwise raise
        raise e

    result = await last_value_from(
        upload_with_retry(
            url,
            lambda url: post(url, payload),
            max_attempts=max_retries,
            retry_on=HTTPError,
            backoff=backoff,
            exhausted=PENDING,
        )
    )
    if result is not PENDING:
        return result
    raise RuntimeError("loop ended without return or exception")


async def ask(post, url, payload, max_retries=3):
    def backoff(attempt, exc):
        if exc.status != 429 or exc.detail == "too large" or attempt >= max_retries:
            raise exc
        return 0.2 * (1 << attempt)

    result = await last_value_from(
        upload_with_retry(
            url,
            lambda url: post(url, payload),
            max_attempts=max_retries + 1,
            retry_on=HTTPError,
            backoff=backoff,
            exhausted=PENDING,
        )
    )
    if result is not PENDING:
        return result
    raise HTTPError(500, "retries exhausted")


async def guess(post, url, payload):
    async def request(url):
        response = await post(url, payload)
        logger.debug("answered")
        return response

    def backoff(attempt, e):
        if "429" in str(e) or "rate limit" in str(e).lower():
            wait_time = 2**attempt
            logger.info("waiting %ss", wait_time)
            return wait_time
        else:
            raise e

    return await last_value_from(
        upload_with_retry(
            url,
            request,
            max_attempts=3,
            retry_on=Exception,
            backoff=backoff,
            exhausted=None,
        )
    )
