"""The one thing that a BoundedSemaphore does on top: it objects to a release too many."""

import asyncio


class Pool:
    def __init__(self, size: int) -> None:
        self._free = asyncio.BoundedSemaphore(size)

    async def take(self) -> None:
        await self._free.acquire()

    def give_back(self) -> None:
        # ValueError if nobody took one.
        self._free.release()
