"""What the inner coroutine is given beyond the item must be what it was when it was called."""

import logging
from contextlib import asynccontextmanager

import reactivex as rx
from reactivex import operators as ops

from _operators import flat_map, last_value_from

logger = logging.getLogger(__name__)


class Downloader:
    def __init__(self, transport, *, concurrency=3, retries=1):
        self._transport = transport
        self.concurrency = concurrency
        self.retries = retries
        self.generation = 0

    @asynccontextmanager
    async def _session(self):
        yield self._transport

    async def mirror(self, urls, folder):
        """Download all of ``urls``; they are numbered in their order."""
        max_concurrent = self.concurrency

        async def download(number, url, session, *, attempts=1):
            for attempt in range(attempts + 1):
                try:
                    return await session(folder, number, url, attempt)
                except ConnectionError:
                    # The next attempt keeps the place.
                    logger.info("%s: again", url)

        async with self._session() as session:
            logger.info("%d downloads", len(urls))
            return await last_value_from(
                rx.from_iterable(enumerate(urls, start=1)).pipe(
                    flat_map(
                        lambda pair: download(*pair, session, attempts=2),
                        max_concurrent=max_concurrent,
                    ),
                    ops.to_list(),
                )
            )

    async def refresh(self, urls):
        async def download(url, generation, timeout):
            self.generation += 1
            return await self._transport(url, generation, timeout)

        return await last_value_from(
            rx.from_iterable((url, self.generation, 30.0) for url in urls).pipe(
                flat_map(lambda args: download(*args), max_concurrent=self.concurrency),
                ops.to_list(),
            )
        )

    async def probe(self, pages):
        async def probe_one(address, depth=1):
            return await self._transport("probe", address, depth)

        return await last_value_from(
            rx.from_iterable(page["address"] for page in pages).pipe(
                flat_map(probe_one, max_concurrent=self.concurrency), ops.to_list()
            )
        )
