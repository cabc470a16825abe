import asyncio

from _operators import rate_limit


class Client:
    def __init__(self, rate, period, limit):
        self.limiter = rate_limit(rate, period)
        self.gate = asyncio.Semaphore(limit)

    async def send_inside(self, send, item):
        async with self.gate, self.limiter:
            return await send(item)

    async def send_outside(self, send, item):
        async with self.limiter, self.gate:
            return await send(item)

    async def send_amount(self, send, item, amount):
        await self.limiter.acquire(amount)
        return await send(item)
