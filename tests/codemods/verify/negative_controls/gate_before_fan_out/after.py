"""Wrong: ``from_iterable`` has pushed all items before anybody can say stop."""

import asyncio

import reactivex as rx
from _operators import flat_map, last_value_from
from reactivex import operators as ops
from reactivex.subject import Subject


async def upload_all(items, limit, upload, stop):
    stopped = Subject()

    async def watch():
        await stop.wait()
        stopped.on_next(None)

    watcher = asyncio.ensure_future(watch())
    try:
        results = await last_value_from(
            rx.from_iterable(items).pipe(
                ops.take_until(stopped), flat_map(upload, max_concurrent=limit), ops.to_list()
            )
        )
    finally:
        watcher.cancel()
    return sorted(results)
