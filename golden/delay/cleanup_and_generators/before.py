"""Waits in places that end in their own ways: ``finally``, context managers, generators."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress


class Pump:
    def __init__(self, valve: Callable[[str], Awaitable[str]]) -> None:
        self._valve = valve

    @asynccontextmanager
    async def running(self, run_down: float = 0.3) -> AsyncIterator[None]:
        await self._valve("open")
        try:
            yield
        finally:
            # Pressure has to fall first; a cancellation here leaves the valve open.
            await asyncio.sleep(run_down)
            await self._valve("close")

    async def readings(self, count: int, gap: float) -> AsyncIterator[str]:
        for number in range(count):
            yield await self._valve(f"read {number}")
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(gap)

    async def run(self, count: int) -> list[str]:
        seen: list[str] = []
        async with self.running():
            with suppress(TimeoutError):
                async with asyncio.timeout(2.5):
                    async for reading in self.readings(count, 0.25):
                        seen.append(reading)
                        if len(seen) == 5:
                            break
                    await asyncio.sleep(10)
        return seen
