"""Permits that are set while nothing runs."""

import asyncio

gate = asyncio.Semaphore()


class Pool:
    def __init__(self, size: int) -> None:
        self.sem = asyncio.Semaphore(value=size)
        self.jobs = 0

    async def run(self, job, *args):
        async with self.sem:
            self.jobs += 1
            return await job(*args)

    def resize(self, size: int) -> None:
        self.sem._value = size

    def grow(self, by: int = 1) -> None:
        self.sem._value += by

    def shrink(self, by: int | None = None) -> None:
        self.sem._value -= by or 1  # never below nothing


class Boss:
    def __init__(self, pool: Pool) -> None:
        self.pool = pool

    def boost(self) -> None:
        if self.pool.jobs > 2:
            self.pool.sem._value = 5
        gate._value = 2


async def guarded(job, *args):
    async with gate:
        return await job(*args)
