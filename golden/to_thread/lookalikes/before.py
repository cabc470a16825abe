"""Other things that run something elsewhere; some of them are the real one."""

import asyncio as aio
from asyncio import to_thread as in_background
from types import SimpleNamespace

RUNNERS = {"thread": in_background}


class Pool:
    """Counts what it is given."""

    def __init__(self):
        self.given = 0

    async def run_in_executor(self, executor, function, *args):
        self.given += 1
        return function(*args)

    async def to_thread(self, function, *args):
        return function(*args)


async def to_thread(function, *args):
    return function(*args)


async def compute(function, asyncio: SimpleNamespace, loop, pool):
    await asyncio.to_thread(function, 1)
    await to_thread(function, 2)
    await pool.to_thread(function, 3)
    await pool.run_in_executor(None, function, 4)
    await loop.run_in_executor(None, function, 5)

    async def shadowed(in_background):
        await in_background(function, 6)

    await shadowed(to_thread)
    await in_background(function, 7)
    return await aio.to_thread(function, 8)
