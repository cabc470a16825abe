"""A gather that is limited as one; a sleep that is cut short."""

import asyncio

from _operators import from_awaitable, last_value_from, timeout


async def all_in_time(names, ask, limit):
    return await last_value_from(
        from_awaitable(asyncio.gather(*(ask(name) for name in names))).pipe(
            timeout(limit)
        )
    )


async def nap(seconds, limit):
    try:
        await last_value_from(
            from_awaitable(asyncio.sleep(seconds)).pipe(timeout(limit))
        )
    except TimeoutError:
        return "woken"
    return "slept"


async def kept(read, path):
    loop = asyncio.get_running_loop()
    limits = [0.3]
    return await last_value_from(
        from_awaitable(loop.run_in_executor(None, read, path)).pipe(
            timeout(limits.pop())
        )
    )
