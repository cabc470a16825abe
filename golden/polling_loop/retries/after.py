"""Loops that repeat what failed: there is a result at once, or an error."""

import logging

import reactivex as rx

from _operators import last_value_from

logger = logging.getLogger(__name__)


class RateLimited(Exception):
    pass


async def fetch(client, url: str, retries: int = 3) -> str:
    delay = 0.5
    for attempt in range(retries):
        try:
            return await client.get(url)
        except ConnectionError as error:
            logger.warning("attempt %d: %s", attempt, error)
        await last_value_from(rx.timer(delay))
        delay *= 2
    raise LookupError(url)


async def fetch_patiently(client, url: str) -> str:
    while True:
        try:
            return await client.get(url)
        except ConnectionError:
            logger.warning("once more")
            await last_value_from(rx.timer(1))


async def fetch_fairly(client, url: str, retries: int = 3) -> str | None:
    for attempt in range(retries):
        try:
            page = await client.get(url)
            if page:
                return page
        except RateLimited:
            logger.warning("attempt %d of %d", attempt, retries)
        await last_value_from(rx.timer(0.25 * attempt))
    return None


async def send(http, url: str, *, retries: int = 2) -> str:
    delay = 0.2
    for attempt in range(retries + 1):
        response = await http.get(url)
        if response == "ok":
            return response
        if attempt == retries:
            break
        pause = max(delay, 0.3)
        await last_value_from(rx.timer(pause))
        delay *= 2
    raise RuntimeError(response)
