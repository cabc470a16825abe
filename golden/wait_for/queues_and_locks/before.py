"""What asyncio lets one wait for."""

import asyncio
from contextlib import suppress


class Worker:
    """Works jobs off until none comes for a while."""

    idle = 1.0

    def __init__(self, handle) -> None:
        self.jobs = asyncio.Queue()
        self._handle = handle
        self._lock = asyncio.Lock()
        self._grace: float = 0.25

    async def run(self):
        count = 0
        while True:
            try:
                job = await asyncio.wait_for(self.jobs.get(), timeout=self.idle)
            except asyncio.TimeoutError:
                return count
            if job is None:
                break
            await asyncio.wait_for(self._lock.acquire(), self._grace)
            try:
                await self._handle(job)
                count += 1
            finally:
                self._lock.release()
        with suppress(TimeoutError):
            await asyncio.wait_for(self.jobs.join(), self._grace)
        return count

    async def next_of(self, stream):
        iterator = stream.__aiter__()
        with suppress(StopAsyncIteration):
            return await asyncio.wait_for(anext(iterator), timeout=2 * self._grace)
