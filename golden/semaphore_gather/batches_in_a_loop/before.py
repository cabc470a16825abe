"""One semaphore for all batches of a loop: the bound of each, if no batch outlives its turn."""

import asyncio
import logging

log = logging.getLogger(__name__)


async def import_all(batches, insert, limit):
    """An error ends the loop, so what is left running meets no other batch."""
    semaphore = asyncio.Semaphore(limit)

    async def insert_one(row, batch):
        async with semaphore:
            return await insert(batch, row)

    done = []
    for number, batch in enumerate(batches):
        done += await asyncio.gather(*[insert_one(row, number) for row in batch])
        log.info("batch %d is in", number)
    return done


async def import_what_goes(batches, insert, limit):
    """All of a batch has ended before the next begins."""
    semaphore = asyncio.Semaphore(limit)

    async def insert_one(row):
        async with semaphore:
            return await insert("lenient", row)

    results = []
    for batch in batches:
        try:
            results += await asyncio.gather(
                *[insert_one(row) for row in batch], return_exceptions=True
            )
        finally:
            log.info("next")
    return [result for result in results if not isinstance(result, Exception)]


async def import_stubbornly(batches, insert, limit):
    """What an error leaves running still holds places when the next batch begins."""
    semaphore = asyncio.Semaphore(limit)

    async def insert_one(row):
        async with semaphore:
            return await insert("stubborn", row)

    for batch in batches:
        try:
            await asyncio.gather(*[insert_one(row) for row in batch])
        except ValueError:
            log.warning("one of %r is bad", batch)
