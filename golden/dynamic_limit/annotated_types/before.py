"""The type is named in annotations: all of the file's semaphores go together, or none does."""

from __future__ import annotations

from asyncio import Semaphore


class Client:
    gate: Semaphore

    def __init__(self, size: int) -> None:
        self.gate = Semaphore(size)

    def reset(self, size: int) -> None:
        self.gate = Semaphore(size)

    async def call(self, request) -> str:
        async with self.gate:
            return await request()
