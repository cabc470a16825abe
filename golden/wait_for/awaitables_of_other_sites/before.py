"""A gather that is limited as one; a sleep that is cut short."""

import asyncio


async def all_in_time(names, ask, limit):
    return await asyncio.wait_for(asyncio.gather(*(ask(name) for name in names)), limit)


async def nap(seconds, limit):
    try:
        await asyncio.wait_for(asyncio.sleep(seconds), limit)
    except TimeoutError:
        return "woken"
    return "slept"


async def kept(read, path):
    loop = asyncio.get_running_loop()
    limits = [0.3]
    return await asyncio.wait_for(loop.run_in_executor(None, read, path), limits.pop())
