"""Wrong: a cancelled ``await observable`` does not wait for what it cancelled."""

import asyncio

import reactivex as rx


async def fetch_one(fetch, item):
    return await rx.from_future(asyncio.ensure_future(fetch(item)))
