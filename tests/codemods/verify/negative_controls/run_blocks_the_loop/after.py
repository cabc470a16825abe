"""Wrong: ``run`` blocks the thread on which the loop would have to fetch."""

import asyncio

import reactivex as rx


async def fetch_one(fetch, item):
    return rx.from_future(asyncio.ensure_future(fetch(item))).run()
