"""The gauge reads the bucket's level, which only aiolimiter's own class has."""

import asyncio

from aiolimiter import AsyncLimiter

from _operators import rate_limit


class ThrottledQueue:
    def __init__(self, per_minute: int) -> None:
        self._limiter = AsyncLimiter(per_minute, 60)
        self._burst = rate_limit(10, 1)

    async def put(self, queue: "asyncio.Queue[bytes]", message: bytes) -> None:
        async with self._limiter:
            await queue.put(message)

    async def put_now(self, queue: "asyncio.Queue[bytes]", message: bytes) -> None:
        await self._burst.acquire()
        await queue.put(message)

    def gauges(self) -> dict[str, float]:
        return {
            "limiter.level": self._limiter._level,
            "limiter.waiting": len(self._limiter._waiters),
            "limiter.rate": self._limiter.max_rate,
        }
