"""One semaphore for all batches of a loop: the bound of each, if no batch outlives its turn."""

import logging

import reactivex as rx
from reactivex import operators as ops

from _operators import dynamic_semaphore, flat_map, last_value_from

log = logging.getLogger(__name__)


async def import_all(batches, insert, limit):
    """An error ends the loop, so what is left running meets no other batch."""

    async def insert_one(row, batch):
        return await insert(batch, row)

    done = []
    for number, batch in enumerate(batches):
        done += await last_value_from(
            rx.from_iterable((row, number) for row in batch).pipe(
                flat_map(lambda pair: insert_one(*pair), max_concurrent=limit),
                ops.to_list(),
            )
        )
        log.info("batch %d is in", number)
    return done


async def import_what_goes(batches, insert, limit):
    """All of a batch has ended before the next begins."""

    async def insert_one(row):
        return await insert("lenient", row)

    results = []
    for batch in batches:
        try:
            results += await last_value_from(
                rx.from_iterable(batch).pipe(
                    flat_map(insert_one, max_concurrent=limit, return_exceptions=True),
                    ops.to_list(),
                )
            )
        finally:
            log.info("next")
    return [result for result in results if not isinstance(result, Exception)]


async def import_stubbornly(batches, insert, limit):
    """What an error leaves running still holds places when the next batch begins."""
    semaphore = dynamic_semaphore(limit)

    async def insert_one(row):
        async with semaphore:
            return await insert("stubborn", row)

    for batch in batches:
        try:
            await last_value_from(
                rx.from_iterable(batch).pipe(flat_map(insert_one), ops.to_list())
            )
        except ValueError:
            log.warning("one of %r is bad", batch)
