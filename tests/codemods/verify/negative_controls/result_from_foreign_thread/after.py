"""Wrong: a future set from another thread does not wake the loop."""

import asyncio
from contextvars import copy_context


async def hash_all(items, digest):
    loop = asyncio.get_running_loop()

    def start(item):
        result = loop.create_future()

        def work():
            result.set_result(digest(item))

        loop.run_in_executor(None, copy_context().run, work)
        return result

    return await asyncio.gather(*(start(item) for item in items))
