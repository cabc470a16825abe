"""Variables that go from one attempt to the next, or outlive the loop."""

import asyncio
import logging

logger = logging.getLogger(__name__)


class RateLimitError(Exception):
    pass


async def answer_behind(fetch, url, retries):
    for attempt in range(retries):
        try:
            response = await fetch(url)
            break
        except RateLimitError:
            await asyncio.sleep(0.1)
    return response


async def late_closure(fetch, url, later):
    for attempt in range(3):
        try:
            page = await fetch(url)
            later.append(lambda: page)
            return page
        except RateLimitError:
            await asyncio.sleep(0.1)


async def deleted(fetch, url):
    for attempt in range(3):
        token = "token"
        try:
            page = await fetch(url, token)
            del token
            return page
        except RateLimitError:
            logger.info("again")
            await asyncio.sleep(0.1)


async def limit_that_changes(fetch, url, limits):
    retries = limits["start"]
    for attempt in range(retries):
        try:
            return await fetch(url)
        except RateLimitError:
            retries = limits["later"]
            if attempt == retries - 1:
                raise
            await asyncio.sleep(0.1)


class Client:
    async def fetch(self, url):
        raise RateLimitError(url)


class Retrying(Client):
    async def fetch(self, url):
        for attempt in range(3):
            try:
                return await super().fetch(url)
            except RateLimitError:
                await asyncio.sleep(0.1)
