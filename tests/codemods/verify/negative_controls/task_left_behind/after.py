"""Wrong: the caller goes on before the work has ended."""

import asyncio


async def fetch_one(fetch, item):
    helper = asyncio.ensure_future(asyncio.sleep(3600))
    result = await fetch(item)
    del helper
    return result
