"""The semaphore is made in one function and used in another."""

from __future__ import annotations

from typing import Any

import reactivex as rx
from reactivex import operators as ops

from _operators import DynamicSemaphore, dynamic_semaphore, flat_map, last_value_from


async def fetch(semaphore: DynamicSemaphore, client: Any, url: str) -> str:
    async with semaphore:
        return await client.get(url)


class Crawler:
    def __init__(self, client: Any) -> None:
        self.client = client

    async def _store(self, url: str, body: str, writers: "DynamicSemaphore | None") -> None:
        if writers is None:
            await self.client.put(url, body)
            return
        async with writers:
            await self.client.put(url, body)

    async def crawl(self, urls: list[str], concurrency: int) -> None:
        readers = dynamic_semaphore(concurrency)
        writers = dynamic_semaphore(1)
        bodies = await last_value_from(
            rx.from_iterable(urls).pipe(
                flat_map(lambda url: fetch(readers, self.client, url)), ops.to_list()
            )
        )
        await last_value_from(
            rx.from_iterable(zip(urls, bodies)).pipe(
                flat_map(lambda pair: self._store(*pair, writers=writers)),
                ops.to_list(),
            )
        )
