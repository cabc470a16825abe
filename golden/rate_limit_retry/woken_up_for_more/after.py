"""Loops that do more than count once they have waited, or something after each attempt."""

import logging
import time

import reactivex as rx

from _operators import last_value_from

logger = logging.getLogger(__name__)


class RateLimitError(Exception):
    def __init__(self, retry_after: float = 0.2) -> None:
        super().__init__(retry_after)
        self.retry_after = retry_after


async def with_fresh_token(client, prompt):
    for attempt in range(4):
        try:
            return await client(prompt)
        except RateLimitError as error:
            await last_value_from(rx.timer(error.retry_after))
            await client.refresh()
    raise RuntimeError("no attempt left")


async def said_afterwards(client, prompt):
    delay = 0.1
    for attempt in range(3):
        try:
            return await client(prompt)
        except RateLimitError:
            started = time.monotonic()
            await last_value_from(rx.timer(delay))
            logger.info("waited for %.1f s", time.monotonic() - started)
            delay *= 2
    return None


async def noted_on_the_client(client, prompt):
    for attempt in range(3):
        try:
            return await client(prompt)
        except RateLimitError as error:
            await last_value_from(rx.timer(error.retry_after))
            client.waits.append(error.retry_after)
    raise RuntimeError("no attempt left")


async def cleaned_up(client, prompt):
    for attempt in range(3):
        try:
            return await client(prompt)
        except RateLimitError as error:
            await last_value_from(rx.timer(error.retry_after))
        finally:
            client.waits.append(attempt)
    raise RuntimeError("no attempt left")
