"""Somebody wants to know what it is."""

import asyncio
from contextlib import nullcontext


class CountingSemaphore(asyncio.Semaphore):
    """Knows how often it was taken."""

    taken = 0

    async def acquire(self) -> bool:
        self.taken += 1
        return await super().acquire()


def gate(limit: int | asyncio.Semaphore | None):
    if limit is None:
        return nullcontext()
    return limit if isinstance(limit, asyncio.Semaphore) else asyncio.Semaphore(limit)


async def gated(limit, jobs):
    sem = CountingSemaphore(limit)

    async def run(job):
        async with sem:
            return await job()

    return sem.taken, [await run(job) for job in jobs]
