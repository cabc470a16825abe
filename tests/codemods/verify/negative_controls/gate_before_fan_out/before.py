"""Upload until told to stop: what has started ends, what has not does not start."""

import asyncio


async def upload_all(items, limit, upload, stop):
    gate = asyncio.Semaphore(limit)
    done = []

    async def one(item):
        async with gate:
            if stop.is_set():
                return
            done.append(await upload(item))

    await asyncio.gather(*(one(item) for item in items))
    return sorted(done)
