"""Wrong: ``run_in_executor`` does not copy the context."""

import asyncio


async def hash_all(items, digest):
    loop = asyncio.get_running_loop()
    return await asyncio.gather(*(loop.run_in_executor(None, digest, i) for i in items))
