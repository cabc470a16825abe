"""The type is named in annotations: all of the file's semaphores go together, or none does."""

from __future__ import annotations

from _operators import DynamicSemaphore, dynamic_semaphore


class Client:
    gate: DynamicSemaphore

    def __init__(self, size: int) -> None:
        self.gate = dynamic_semaphore(size)

    def reset(self, size: int) -> None:
        self.gate = dynamic_semaphore(size)

    async def call(self, request) -> str:
        async with self.gate:
            return await request()
