"""Throttled again and again, counted by hand or not at all."""

import logging

from _operators import last_value_from, upload_with_retry

logger = logging.getLogger(__name__)


class ThrottlingException(Exception):
    response = {"retry": 0.25}


async def invoke(client, body, *, max_attempts=4):
    def backoff(n, exc):
        attempt = n + 1
        if attempt == max_attempts:
            logger.error("giving up: %s", exc)
            raise exc
        return 0.1 * 2**attempt

    return await last_value_from(
        upload_with_retry(
            body,
            lambda body: client.invoke(body),
            max_attempts=max_attempts,
            retry_on=ThrottlingException,
            backoff=backoff,
            exhausted=None,
        )
    )


async def invoke_for_ever(client, body):
    delay = 0.125

    def backoff(_, exc):
        nonlocal delay
        pause = max(delay, exc.response["retry"])
        logger.debug("%r throttled for %.3fs", body, pause)
        delay = min(delay * 2, 2)
        return pause

    return await last_value_from(
        upload_with_retry(
            body,
            lambda body: client.invoke(body),
            max_attempts=None,
            retry_on=ThrottlingException,
            backoff=backoff,
        )
    )


async def invoke_numbered(client, body):
    number = 0

    async def request(body):
        nonlocal number
        number += 1
        return number, await client.invoke(body)

    return await last_value_from(
        upload_with_retry(
            body,
            request,
            max_attempts=None,
            retry_on=ThrottlingException,
            backoff=lambda *_: number * 0.1,
        )
    )


async def invoke_from_zero(client, body):
    return await last_value_from(
        upload_with_retry(
            body,
            lambda body: client.invoke(body),
            max_attempts=6,
            retry_on=ThrottlingException,
            backoff=lambda number, _: 0.1 + number,
        )
    )
