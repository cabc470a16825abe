"""Limits that are computed, and limits that may be something else by the time they are used."""

import os

import reactivex as rx
from reactivex import operators as ops

from _operators import dynamic_semaphore, flat_map, last_value_from


class Indexer:
    max_workers = 3

    def __init__(self, store, workers=None):
        self.store = store
        self.workers = workers or self.max_workers

    def _limit(self):
        return max(1, self.workers - 1)

    async def index(self, documents):
        async def index_one(document):
            return await self.store("index", document)

        return await last_value_from(
            rx.from_iterable(documents).pipe(
                flat_map(
                    index_one, max_concurrent=min(self.workers, len(documents)) or 1
                ),
                ops.to_list(),
            )
        )

    async def reindex(self, documents):
        # A called limit: computed once, before anything else.
        max_concurrent = self._limit()
        self.workers = 1
        await self.store("lock", "index")

        async def index_one(document):
            return await self.store("reindex", document)

        try:
            return await last_value_from(
                rx.from_iterable(sorted(documents)).pipe(
                    flat_map(index_one, max_concurrent=max_concurrent), ops.to_list()
                )
            )
        finally:
            await self.store("unlock", "index")

    async def drop(self, documents, max_concurrent=int(os.environ.get("DROPS", "2"))):
        async def drop_one(document):
            await self.store("drop", document)

        await last_value_from(
            rx.from_iterable(documents).pipe(
                flat_map(drop_one, max_concurrent=max_concurrent), ops.to_list()
            )
        )

    async def touch(self, documents, limit: int | None):
        # None is an error here, and no bound would be another thing.
        sem = dynamic_semaphore(limit)

        async def touch_one(document):
            async with sem:
                await self.store("touch", document)

        await last_value_from(
            rx.from_iterable(documents).pipe(flat_map(touch_one), ops.to_list())
        )
