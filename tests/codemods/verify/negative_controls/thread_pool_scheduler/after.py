"""Wrong: a scheduler with threads of its own."""

import reactivex as rx
from reactivex import operators as ops
from reactivex.scheduler import ThreadPoolScheduler


async def hash_all(items, digest):
    pool = ThreadPoolScheduler(6)

    def start(item):
        return rx.of(item).pipe(ops.map(digest), ops.subscribe_on(pool))

    return await rx.from_iterable(items).pipe(ops.concat_map(start), ops.to_list())
