"""The semaphore is made in one function and used in another."""

from __future__ import annotations

import asyncio
from asyncio import Semaphore
from typing import Any


async def fetch(semaphore: Semaphore, client: Any, url: str) -> str:
    async with semaphore:
        return await client.get(url)


class Crawler:
    def __init__(self, client: Any) -> None:
        self.client = client

    async def _store(self, url: str, body: str, writers: "asyncio.Semaphore | None") -> None:
        if writers is None:
            await self.client.put(url, body)
            return
        async with writers:
            await self.client.put(url, body)

    async def crawl(self, urls: list[str], concurrency: int) -> None:
        readers = asyncio.Semaphore(concurrency)
        writers = asyncio.Semaphore(1)
        bodies = await asyncio.gather(*[fetch(readers, self.client, url) for url in urls])
        await asyncio.gather(
            *(self._store(url, body, writers=writers) for url, body in zip(urls, bodies))
        )
