"""Errors that say by a number, or in words, that it was too much."""

import logging
import random

import reactivex as rx

from _operators import PENDING, TryAgain, last_value_from, upload_with_retry

logger = logging.getLogger("gateway")

RETRYABLE = 429


class HTTPError(Exception):
    def __init__(self, status: int, detail: str = "") -> None:
        super().__init__(status, detail)
        self.status = status
        self.detail = detail


async def call(post, url, payload, max_retries=3, base_delay=0.5):
    def backoff(attempt, e):
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

    async def request(url):
        try:
            return await post(url, payload)
        except HTTPError as e:
            if e.status != 429:
                # Otherwise raise
                raise
            raise TryAgain from e

    if max_retries > 0:
        return await last_value_from(
            upload_with_retry(
                url,
                request,
                max_attempts=max_retries,
                retry_on=TryAgain,
                backoff=backoff,
            )
        )
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


async def translate(post, url, *payload, max_retries=4):
    for attempt in range(max_retries):
        try:
            return await post(url, payload)
        except HTTPError as e:  # what the gateway says
            # Only too many requests are worth another attempt.
            if e.status != 429 or attempt + 1 >= max_retries:
                raise
            # It forgets after a while.
            await last_value_from(rx.timer(429 / 1000 * (attempt + 1)))
        except Exception as e:
            # Whatever it is, callers know only one kind of error.
            raise HTTPError(500, str(e)) from e
    raise HTTPError(429, "no attempts")
