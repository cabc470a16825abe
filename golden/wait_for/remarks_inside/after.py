"""Remarks between the arguments stay beside them."""

import asyncio

from _operators import from_async, last_value_from, timeout


async def fetch(get, path):
    return await last_value_from(
        from_async(get, path).pipe(
            timeout(0.5),  # seconds
        )
    )


async def fetch_patiently(get, path):
    return await asyncio.wait_for(get(path), timeout=5)  # codemods: skip


async def fetch_lazily(get, path):
    if path:  # nothing, else
        return await last_value_from(from_async(get, path).pipe(timeout(1)))  # a second
