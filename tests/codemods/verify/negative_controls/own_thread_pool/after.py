"""Wrong: a pool of its own has another size, and nobody shuts it down."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context


async def hash_all(items, digest):
    pool = ThreadPoolExecutor(max_workers=max(1, len(items)))
    loop = asyncio.get_running_loop()
    jobs = [loop.run_in_executor(pool, copy_context().run, digest, item) for item in items]
    return await asyncio.gather(*jobs)
