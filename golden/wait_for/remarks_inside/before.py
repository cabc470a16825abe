"""Remarks between the arguments stay beside them."""

import asyncio


async def fetch(get, path):
    return await asyncio.wait_for(
        get(path),
        timeout=0.5,  # seconds
    )


async def fetch_patiently(get, path):
    return await asyncio.wait_for(get(path), timeout=5)  # codemods: skip


async def fetch_lazily(get, path):
    if path:  # nothing, else
        return await asyncio.wait_for(get(path), timeout=1)  # a second
