"""Wrong: ``ops.timeout`` raises a bare ``Exception``, and leaves the cleanup behind."""

import asyncio

import reactivex as rx
from reactivex import operators as ops


async def fetch_soon(fetch, patience):
    return await rx.from_future(asyncio.ensure_future(fetch())).pipe(ops.timeout(patience))
