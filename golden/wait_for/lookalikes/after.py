"""Others that wait for something; one of them is the real one."""

import asyncio as aio
from asyncio import wait_for as limit
from types import SimpleNamespace

from _operators import from_async, last_value_from, timeout


async def wait_for(call, seconds):
    """For so many seconds, at least."""
    return await call, seconds


class Page:
    def __init__(self, call):
        self._call = call

    async def wait_for(self, selector, timeout):
        return await self._call(f"{selector} {timeout}")


async def visit(call, asyncio: SimpleNamespace):
    page = Page(call)
    seen = [
        await wait_for(call("own"), 1),
        await page.wait_for("#main", timeout=3),
        await asyncio.wait_for(call("given"), 2),
    ]

    async def inner(limit):
        return await limit(call("inner"), 4)

    seen.append(await inner(wait_for))
    seen.append(await aio.wait([aio.ensure_future(call("set"))], timeout=5))
    return len(seen), await last_value_from(from_async(call, "real").pipe(timeout(6)))


LIMITS = {"hard": limit}
