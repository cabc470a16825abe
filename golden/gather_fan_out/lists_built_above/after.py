"""Lists that are built for one gather, and lists that something else needs, too."""

import asyncio
import logging

import reactivex as rx
from reactivex import operators as ops

from _operators import flat_map, last_value_from

log = logging.getLogger(__name__)


async def save_all(records, save):
    # One write a record.
    return await last_value_from(
        rx.from_iterable(records).pipe(flat_map(save), ops.to_list())
    )


async def save_dirty(tables, save):
    # All at once.
    saved = await last_value_from(
        rx.from_iterable(
            (record, name)
            for name, records in tables.items()
            for record in records
            if record % 2
        ).pipe(
            flat_map(lambda pair: save(*pair), return_exceptions=True), ops.to_list()
        )
    )
    return [each for each in saved if not isinstance(each, Exception)]


async def save_and_count(records, save):
    coros = [save(record) for record in records]
    log.info("saving %d records", len(coros))
    return await last_value_from(
        rx.from_iterable(coros).pipe(flat_map(lambda coro: coro), ops.to_list())
    )


async def save_until_bad(records, save):
    """The list is there to see what became of each."""
    tasks = []
    for record in records:
        tasks.append(asyncio.ensure_future(save(record)))
    try:
        await last_value_from(
            rx.from_iterable(tasks).pipe(flat_map(lambda task: task), ops.to_list())
        )
    except ValueError:
        for task in tasks:
            task.cancel()
    return [task.cancelled() for task in tasks]


async def save_last(records, save):
    """The variable of the loop is used once more."""
    coros = []
    record = None
    for record in records:
        coros.append(save(record))
    await last_value_from(
        rx.from_iterable(coros).pipe(flat_map(lambda coro: coro), ops.to_list())
    )
    return record


async def save_twice(records, save):
    coros = [save(record) for record in records]
    await save("marker")
    first = await last_value_from(
        rx.from_iterable(coros).pipe(flat_map(lambda coro: coro), ops.to_list())
    )
    coros = [save(record, "again") for record in records]
    return first, await last_value_from(
        rx.from_iterable(coros).pipe(flat_map(lambda coro: coro), ops.to_list())
    )


async def save_shadowed(record, records, save):
    first = [save(record)]
    await last_value_from(
        rx.from_iterable(first).pipe(flat_map(lambda task: task), ops.to_list())
    )
    jobs = []
    for record in records:
        jobs.append(save(record))
    done = await last_value_from(
        rx.from_iterable(jobs).pipe(flat_map(lambda job: job), ops.to_list())
    )
    return done, [record for record in records if record]
