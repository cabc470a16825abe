"""A gather that is not awaited where it is made is a future: others may hold it."""

import asyncio

from _operators import from_awaitable, last_value_from, timeout


class Session:
    def __init__(self, call):
        self.call = call
        self.background = None

    def start(self, names):
        self.background = asyncio.gather(*[self.call(name) for name in names])

    async def close(self):
        self.background.cancel()
        try:
            await self.background
        except asyncio.CancelledError:
            pass


def everything(names, call):
    return asyncio.gather(*(call(name) for name in names))


async def in_time(names, call):
    return await last_value_from(
        from_awaitable(asyncio.gather(*[call(name) for name in names])).pipe(timeout(5))
    )


async def shielded(names, call):
    return await asyncio.shield(asyncio.gather(*[call(name) for name in names]))


def main(names, call):
    loop = asyncio.new_event_loop()
    return loop.run_until_complete(asyncio.gather(*[call(name) for name in names]))


async def twice(names, call):
    pending = asyncio.gather(*[call(name) for name in names])
    await asyncio.sleep(0)
    return await pending, pending.done()
