"""Variables that go from one attempt to the next, or outlive the loop."""

import logging

import reactivex as rx

from _operators import last_value_from, upload_with_retry

logger = logging.getLogger(__name__)


class RateLimitError(Exception):
    pass


async def answer_behind(fetch, url, retries):
    for attempt in range(retries):
        try:
            response = await fetch(url)
            break
        except RateLimitError:
            await last_value_from(rx.timer(0.1))
    return response


async def late_closure(fetch, url, later):
    for attempt in range(3):
        try:
            page = await fetch(url)
            later.append(lambda: page)
            return page
        except RateLimitError:
            await last_value_from(rx.timer(0.1))


async def deleted(fetch, url):
    for attempt in range(3):
        token = "token"
        try:
            page = await fetch(url, token)
            del token
            return page
        except RateLimitError:
            logger.info("again")
            await last_value_from(rx.timer(0.1))


async def limit_that_changes(fetch, url, limits):
    retries = limits["start"]

    def backoff(attempt, exc):
        retries = limits["later"]
        if attempt == retries - 1:
            raise exc
        return 0.1

    return await last_value_from(
        upload_with_retry(
            url,
            lambda url: fetch(url),
            max_attempts=retries,
            retry_on=RateLimitError,
            backoff=backoff,
            exhausted=None,
        )
    )


class Client:
    async def fetch(self, url):
        raise RateLimitError(url)


class Retrying(Client):
    async def fetch(self, url):
        for attempt in range(3):
            try:
                return await super().fetch(url)
            except RateLimitError:
                await last_value_from(rx.timer(0.1))
