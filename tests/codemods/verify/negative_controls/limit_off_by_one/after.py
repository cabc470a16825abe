"""Wrong: one more than the limit."""

import reactivex as rx
from _operators import flat_map, last_value_from
from reactivex import operators as ops


async def fetch_all(items, limit, fetch):
    return await last_value_from(
        rx.from_iterable(items).pipe(flat_map(fetch, max_concurrent=limit + 1), ops.to_list())
    )
