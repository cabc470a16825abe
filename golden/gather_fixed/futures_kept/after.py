"""The future of a gather, kept, passed on or limited as a whole."""

import asyncio


class Pair:
    def __init__(self, ask):
        self._ask = ask
        self._both = None

    def start(self):
        self._both = asyncio.gather(self._ask("left"), self._ask("right"))

    async def stop(self):
        self._both.cancel()
        await asyncio.wait([self._both])

    def both(self):
        return asyncio.gather(self._ask("left"), self._ask("right"))

    async def first(self):
        pair = asyncio.gather(self._ask("left"), self._ask("right"))
        return (await pair)[0]

    async def shielded(self):
        return await asyncio.shield(
            asyncio.gather(self._ask("left"), self._ask("right"))
        )


def main(ask):
    loop = asyncio.new_event_loop()
    loop.run_until_complete(asyncio.gather(ask("left"), ask("right")))
