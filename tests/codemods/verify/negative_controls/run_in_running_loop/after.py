"""Wrong: a loop runs already."""

import asyncio

import reactivex as rx
from reactivex import operators as ops


async def fetch_one(fetch, item):
    return await rx.of(item).pipe(ops.map(lambda item: asyncio.run(fetch(item))))
