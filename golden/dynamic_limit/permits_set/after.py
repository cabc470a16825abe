"""Permits that are set at run time: what that does is not what a limit does."""

import asyncio

from _operators import dynamic_semaphore


class Pool:
    def __init__(self, size: int) -> None:
        self.semaphore = asyncio.Semaphore(size)
        self.lock = dynamic_semaphore(1)

    def resize(self, size: int) -> None:
        self.semaphore._value = size

    def shrink(self) -> None:
        self.semaphore._value -= 1

    async def run(self, job):
        async with self.semaphore:
            return await job()


async def module(jobs):
    gate = asyncio.Semaphore(2)

    async def one(job):
        async with gate:
            return await job()

    tasks = [asyncio.ensure_future(one(job)) for job in jobs]
    gate._value = 5
    for task in tasks:
        await task


def poke(pool):
    pool.semaphore._value = 3
    somebody = pool.semaphore
    somebody._value = 4
