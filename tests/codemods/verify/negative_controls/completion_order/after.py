"""Wrong: ``merge`` emits results in the order in which they are completed."""

import asyncio

import reactivex as rx
from reactivex import operators as ops


async def fetch_all(items, limit, fetch):
    def start(item):
        return rx.defer(lambda _: rx.from_future(asyncio.ensure_future(fetch(item))))

    return await rx.from_iterable(items).pipe(
        ops.map(start), ops.merge(max_concurrent=limit), ops.to_list()
    )
