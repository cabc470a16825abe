"""Wrong: the stop ends what is in flight, too."""

import asyncio

import reactivex as rx
from _operators import flat_map, last_value_from
from reactivex import operators as ops


async def upload_all(items, limit, upload, stop):
    async def one(item):
        return None if stop.is_set() else await upload(item)

    stopped = rx.from_future(asyncio.ensure_future(stop.wait()))
    results = await last_value_from(
        rx.from_iterable(items).pipe(
            flat_map(one, max_concurrent=limit), ops.take_until(stopped), ops.to_list()
        )
    )
    return sorted(result for result in results if result is not None)
