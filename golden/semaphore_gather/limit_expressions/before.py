"""Limits that are computed, and limits that may be something else by the time they are used."""

import asyncio
import os


class Indexer:
    max_workers = 3

    def __init__(self, store, workers=None):
        self.store = store
        self.workers = workers or self.max_workers

    def _limit(self):
        return max(1, self.workers - 1)

    async def index(self, documents):
        sem = asyncio.Semaphore(min(self.workers, len(documents)) or 1)

        async def index_one(document):
            async with sem:
                return await self.store("index", document)

        return await asyncio.gather(*[index_one(document) for document in documents])

    async def reindex(self, documents):
        # A called limit: computed once, before anything else.
        sem = asyncio.Semaphore(self._limit())
        self.workers = 1
        await self.store("lock", "index")

        async def index_one(document):
            async with sem:
                return await self.store("reindex", document)

        try:
            return await asyncio.gather(*[index_one(document) for document in sorted(documents)])
        finally:
            await self.store("unlock", "index")

    async def drop(self, documents, max_concurrent=int(os.environ.get("DROPS", "2"))):
        sem = asyncio.Semaphore(max_concurrent)

        async def drop_one(document):
            async with sem:
                await self.store("drop", document)

        dropped = [drop_one(document) for document in documents]
        await asyncio.gather(*dropped)

    async def touch(self, documents, limit: int | None):
        # None is an error here, and no bound would be another thing.
        sem = asyncio.Semaphore(limit)

        async def touch_one(document):
            async with sem:
                await self.store("touch", document)

        await asyncio.gather(*[touch_one(document) for document in documents])
