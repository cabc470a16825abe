import asyncio


async def fetch_all(items, fetch):
    return await asyncio.gather(*[fetch(item) for item in items])
