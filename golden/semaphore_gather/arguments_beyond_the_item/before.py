"""What the inner coroutine is given beyond the item must be what it was when it was called."""

import asyncio
import logging
from contextlib import asynccontextmanager

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
        semaphore = asyncio.Semaphore(self.concurrency)

        async def download(number, url, session, *, attempts=1):
            async with semaphore:
                for attempt in range(attempts + 1):
                    try:
                        return await session(folder, number, url, attempt)
                    except ConnectionError:
                        # The next attempt keeps the place.
                        logger.info("%s: again", url)

        async with self._session() as session:
            logger.info("%d downloads", len(urls))
            return await asyncio.gather(
                *[
                    download(number, url, session, attempts=2)
                    for number, url in enumerate(urls, start=1)
                ]
            )

    async def refresh(self, urls):
        sem = asyncio.Semaphore(self.concurrency)

        async def download(url, generation, timeout):
            async with sem:
                self.generation += 1
                return await self._transport(url, generation, timeout)

        return await asyncio.gather(*(download(url, self.generation, 30.0) for url in urls))

    async def probe(self, pages):
        sem = asyncio.Semaphore(self.concurrency)

        async def probe_one(address, depth=1):
            async with sem:
                return await self._transport("probe", address, depth)

        return await asyncio.gather(*[probe_one(page["address"]) for page in pages])
