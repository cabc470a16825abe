"""The loop's executor, with a copy of the context for each job."""

import asyncio
from contextvars import copy_context


async def hash_all(items, digest):
    loop = asyncio.get_running_loop()
    jobs = [loop.run_in_executor(None, copy_context().run, digest, item) for item in items]
    return await asyncio.gather(*jobs)
