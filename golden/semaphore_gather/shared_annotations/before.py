"""One of two semaphores must stay, so the annotations that both share must, too."""

import asyncio

import vendor_sdk


class Service:
    def __init__(self, limit: int) -> None:
        self._own: asyncio.Semaphore = asyncio.Semaphore(limit)
        self._theirs: asyncio.Semaphore = asyncio.Semaphore(limit)
        vendor_sdk.configure(self._theirs)

    async def call(self, request):
        async with self._own:
            return await vendor_sdk.call(request)
