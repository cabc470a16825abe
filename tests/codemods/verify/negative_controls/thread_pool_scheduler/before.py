"""Blocking work, off the loop."""

import asyncio


async def hash_all(items, digest):
    return await asyncio.gather(*(asyncio.to_thread(digest, item) for item in items))
