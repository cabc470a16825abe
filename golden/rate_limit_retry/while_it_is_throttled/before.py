"""Throttled again and again, counted by hand or not at all."""

import asyncio
import logging
from itertools import count

logger = logging.getLogger(__name__)


class ThrottlingException(Exception):
    response = {"retry": 0.25}


async def invoke(client, body, *, max_attempts=4):
    attempt = 0
    while attempt < max_attempts:
        try:
            return await client.invoke(body)
        except ThrottlingException as exc:
            attempt += 1
            if attempt == max_attempts:
                logger.error("giving up: %s", exc)
                raise
            await asyncio.sleep(0.1 * 2**attempt)


async def invoke_for_ever(client, body):
    delay = 0.125
    while True:
        try:
            return await client.invoke(body)
        except ThrottlingException as exc:
            pause = max(delay, exc.response["retry"])
            logger.debug("%r throttled for %.3fs", body, pause)
            await asyncio.sleep(pause)
            delay = min(delay * 2, 2)


async def invoke_numbered(client, body):
    for number in count(1):
        try:
            return number, await client.invoke(body)
        except ThrottlingException:
            await asyncio.sleep(number * 0.1)


async def invoke_from_zero(client, body):
    for number in count():
        try:
            return await client.invoke(body)
        except ThrottlingException:
            if number >= 5:
                raise
            await asyncio.sleep(0.1 + number)
