"""Limiters that leave the file: nobody sees here what becomes of them."""

import logging
from functools import partial

import aiolimiter
from vendor.http import Client, RetryPolicy

logger = logging.getLogger(__name__)

DEFAULT = aiolimiter.AsyncLimiter(100, 60)


def make_limiter(per_second: float) -> aiolimiter.AsyncLimiter:
    """For whoever asks."""
    return aiolimiter.AsyncLimiter(per_second, 1)


async def fetch_all(urls: list[str]) -> list[bytes]:
    limiter = aiolimiter.AsyncLimiter(5, 1)
    async with Client(limiter=limiter, retry=RetryPolicy()) as client:
        return [await client.get(url) for url in urls]


async def fetch_politely(urls: list[str], client: Client) -> list[bytes]:
    polite = aiolimiter.AsyncLimiter(max_rate=1, time_period=10)
    logger.info("limit: %s", polite)
    get = partial(client.get, limiter=DEFAULT)
    pages = []
    for url in urls:
        async with polite:
            pages.append(await get(url))
    return pages
