"""Loops that meet rate limits and are something else, or more."""

import asyncio

import socket


class RateLimitError(Exception):
    pass


async def feed(queue, send):
    while True:
        item = await queue.get()
        try:
            await send(item)
        except RateLimitError:
            await asyncio.sleep(1)


async def each_page(fetch, pages):
    for page in range(pages):
        try:
            await fetch(page)
        except RateLimitError:
            await asyncio.sleep(1)


async def streamed(fetch):
    for attempt in range(3):
        try:
            async for part in fetch():
                yield part
            return
        except RateLimitError:
            await asyncio.sleep(1)


async def two_reasons(fetch):
    for attempt in range(3):
        try:
            return await fetch(0)
        except RateLimitError:
            await asyncio.sleep(1)
        except OSError:
            await asyncio.sleep(5)


async def anything_at_all(fetch):
    for attempt in range(3):
        try:
            return await fetch(0)
        except BaseException as error:
            if "429" in str(error):
                await asyncio.sleep(1)
            else:
                raise


async def with_a_timer(fetch, loop):
    for attempt in range(3):
        try:
            return await fetch(0)
        except RateLimitError:
            await asyncio.wait({loop.create_task(asyncio.sleep(1))})


async def until_the_deadline(fetch, clock):
    while clock() < 30:
        try:
            return await fetch(0)
        except RateLimitError:
            await asyncio.sleep(clock() / 10)
    raise TimeoutError


async def not_a_rate_limit(fetch, url):
    for attempt in range(3):
        try:
            return await fetch(url)
        except socket.gaierror:
            await asyncio.sleep(1)
