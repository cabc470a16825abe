"""Tasks first, then the wait for them: the same by other means."""

import asyncio


async def fetch_all(items, fetch):
    tasks = [asyncio.ensure_future(fetch(item)) for item in items]
    return [*await asyncio.gather(*tasks)]
