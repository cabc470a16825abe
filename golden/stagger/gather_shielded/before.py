"""The gather is not awaited itself: a caller that gives up leaves the flushes running."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence


class Buffers:
    def __init__(self, flush: Callable[[int], Awaitable[int]], gap: float = 0.15) -> None:
        self._flush = flush
        self._gap = gap

    async def flush_all(self, shards: Sequence[int]) -> list[int]:
        tasks = []
        for i, shard in enumerate(shards):
            if i > 0:
                await asyncio.sleep(self._gap)
            tasks.append(asyncio.create_task(self._flush(shard)))
        return await asyncio.shield(asyncio.gather(*tasks))
