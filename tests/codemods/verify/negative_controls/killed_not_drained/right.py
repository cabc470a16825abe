"""The gate stands where an item starts."""

import reactivex as rx
from _operators import flat_map, last_value_from
from reactivex import operators as ops


async def upload_all(items, limit, upload, stop):
    async def one(item):
        return None if stop.is_set() else await upload(item)

    results = await last_value_from(
        rx.from_iterable(items).pipe(flat_map(one, max_concurrent=limit), ops.to_list())
    )
    return sorted(result for result in results if result is not None)
