"""What asyncio lets one wait for."""

import asyncio
from contextlib import suppress

from _operators import from_async, last_value_from, timeout


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
                job = await last_value_from(
                    from_async(self.jobs.get).pipe(timeout(self.idle))
                )
            except asyncio.TimeoutError:
                return count
            if job is None:
                break
            await last_value_from(
                from_async(self._lock.acquire).pipe(timeout(self._grace))
            )
            try:
                await self._handle(job)
                count += 1
            finally:
                self._lock.release()
        with suppress(TimeoutError):
            await last_value_from(from_async(self.jobs.join).pipe(timeout(self._grace)))
        return count

    async def next_of(self, stream):
        iterator = stream.__aiter__()
        with suppress(StopAsyncIteration):
            return await last_value_from(
                from_async(anext, iterator).pipe(timeout(2 * self._grace))
            )
