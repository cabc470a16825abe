"""Wrong: the first error disposes of ``flat_map``, which cancels the siblings."""

import asyncio

import reactivex as rx
from reactivex import operators as ops


async def fetch_all(items, fetch):
    async def numbered(index, item):
        return index, await fetch(item)

    def start(pair):
        return rx.from_future(asyncio.ensure_future(numbered(*pair)))

    results = await rx.from_iterable(enumerate(items)).pipe(ops.flat_map(start), ops.to_list())
    return [result for _, result in sorted(results)]
