"""Wrong: the tasks have started before ``merge`` limits who listens to them."""

import asyncio

import reactivex as rx
from reactivex import operators as ops


async def fetch_all(items, limit, fetch):
    async def numbered(index, item):
        return index, await fetch(item)

    sources = [rx.from_future(asyncio.ensure_future(numbered(*p))) for p in enumerate(items)]
    results = await rx.from_iterable(sources).pipe(ops.merge(max_concurrent=limit), ops.to_list())
    return [result for _, result in sorted(results)]
