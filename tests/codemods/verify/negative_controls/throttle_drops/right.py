"""The same limiter, taken by hand."""

import asyncio

from aiolimiter import AsyncLimiter


async def send_all(items, rate, period, send):
    limiter = AsyncLimiter(rate, period)

    async def one(item):
        await limiter.acquire()
        return await send(item)

    return await asyncio.gather(*[asyncio.ensure_future(one(item)) for item in items])
