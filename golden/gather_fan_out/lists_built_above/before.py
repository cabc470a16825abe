"""Lists that are built for one gather, and lists that something else needs, too."""

import asyncio
import logging

log = logging.getLogger(__name__)


async def save_all(records, save):
    # One write a record.
    coros = []
    for record in records:
        coros.append(save(record))
    return await asyncio.gather(*coros)


async def save_dirty(tables, save):
    pending = []

    for name, records in tables.items():
        for record in records:
            if record % 2:
                pending.append(save(record, name))

    # All at once.
    saved = await asyncio.gather(*pending, return_exceptions=True)
    return [each for each in saved if not isinstance(each, Exception)]


async def save_and_count(records, save):
    coros = [save(record) for record in records]
    log.info("saving %d records", len(coros))
    return await asyncio.gather(*coros)


async def save_until_bad(records, save):
    """The list is there to see what became of each."""
    tasks = []
    for record in records:
        tasks.append(asyncio.ensure_future(save(record)))
    try:
        await asyncio.gather(*tasks)
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
    await asyncio.gather(*coros)
    return record


async def save_twice(records, save):
    coros = [save(record) for record in records]
    await save("marker")
    first = await asyncio.gather(*coros)
    coros = [save(record, "again") for record in records]
    return first, await asyncio.gather(*coros)


async def save_shadowed(record, records, save):
    first = [save(record)]
    await asyncio.gather(*first)
    jobs = []
    for record in records:
        jobs.append(save(record))
    done = await asyncio.gather(*jobs)
    return done, [record for record in records if record]
