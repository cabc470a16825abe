import asyncio


async def fetch_all(items, limit, fetch):
    gate = asyncio.Semaphore(limit)

    async def one(item):
        async with gate:
            return await fetch(item)

    return await asyncio.gather(*(one(item) for item in items))
