"""Nothing here is a semaphore of asyncio."""

import multiprocessing
import threading

import anyio
from trio import Semaphore


class asyncio:  # noqa: N801
    """Not the one you think of."""

    class Semaphore:
        def __init__(self, limit):
            self.limit = limit


def in_threads(count):
    return threading.Semaphore(count), multiprocessing.BoundedSemaphore(count)


async def with_trio(urls, fetch):
    sem = Semaphore(3)

    async def one(url):
        async with sem:
            return await fetch(url)

    return [await one(url) for url in urls]


async def with_anyio(urls, fetch):
    limit = anyio.Semaphore(3)
    async with limit:
        return [await fetch(url) for url in urls]


def local():
    return asyncio.Semaphore(3)
