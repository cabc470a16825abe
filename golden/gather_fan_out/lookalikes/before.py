"""Everything here is called gather, and nothing is asyncio's."""

import asyncio
from collections.abc import Callable

from dask import gather as collect
from toolbox import asyncio as aio


def gather(*jobs):
    return list(jobs)


class Garden:
    async def gather(self, *fruits):
        return fruits

    async def harvest(self, trees):
        return await self.gather(*[tree.pick() for tree in trees])


async def local(names):
    return gather(*[name.upper() for name in names])


async def imported(futures):
    await aio.gather(*[future for future in futures])
    return await collect(*[future.result() for future in futures])


async def parameter(asyncio, names):
    return await asyncio.gather(*[asyncio.fetch(name) for name in names])


async def shadowed(names, gather: Callable):
    return await gather(*[asyncio.sleep(0, name) for name in names])


class Patched:
    asyncio = Garden()

    async def run(self, names):
        return await self.asyncio.gather(*[name for name in names])
