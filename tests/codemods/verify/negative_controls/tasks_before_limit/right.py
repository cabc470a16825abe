"""Workers by hand: results in order, the first error at once, nobody cancelled for it."""

import asyncio
from contextvars import copy_context


async def fetch_all(items, limit, fetch):
    gate = asyncio.Semaphore(limit)
    loop = asyncio.get_running_loop()

    async def one(item):
        await gate.acquire()
        try:
            return await fetch(item)
        finally:
            gate.release()

    tasks = [loop.create_task(one(item), context=copy_context()) for item in items]
    return list(await asyncio.gather(*tasks))
