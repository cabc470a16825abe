"""Other things that run something elsewhere; some of them are the real one."""

from asyncio import to_thread as in_background
from functools import partial
from types import SimpleNamespace

import reactivex as rx

from _operators import in_thread, last_value_from

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
    await last_value_from(rx.from_callable(partial(function, 7)).pipe(in_thread()))
    return await last_value_from(
        rx.from_callable(partial(function, 8)).pipe(in_thread())
    )
