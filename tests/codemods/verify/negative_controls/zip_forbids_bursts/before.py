"""Send all items, so many in a period."""

import asyncio

from aiolimiter import AsyncLimiter


async def send_all(items, rate, period, send):
    limiter = AsyncLimiter(rate, period)

    async def one(item):
        async with limiter:
            return await send(item)

    return await asyncio.gather(*(one(item) for item in items))
