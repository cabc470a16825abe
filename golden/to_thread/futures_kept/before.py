"""The future of a job that has begun is something else than its result."""

import asyncio


class Prefetcher:
    def __init__(self, load):
        self._load = load
        self._loop = asyncio.get_running_loop()
        self._next = self._loop.run_in_executor(None, self._load, 0)

    async def get(self, number):
        page = await self._next
        self._next = self._loop.run_in_executor(None, self._load, number + 1)
        return page

    def done(self):
        return self._next.done()


async def first_of(load, numbers):
    loop = asyncio.get_running_loop()
    futures = [loop.run_in_executor(None, load, number) for number in numbers]
    done, pending = await asyncio.wait(futures, return_when=asyncio.FIRST_COMPLETED)
    for future in pending:
        future.cancel()
    return await asyncio.shield(
        loop.run_in_executor(None, min, (each.result() for each in done))
    )
