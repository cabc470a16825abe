"""Threads, limits and plain calls, all side by side."""

import asyncio


class Dashboard:
    def __init__(self, read, ask):
        self._read = read
        self._ask = ask

    async def _asked(self, name):
        return await self._ask(name)

    async def load(self, limit):
        numbers, news, weather = await asyncio.gather(
            asyncio.to_thread(self._read, "numbers"),
            asyncio.wait_for(self._asked("news"), limit),
            asyncio.wait_for(asyncio.to_thread(self._read, "weather"), timeout=limit),
            return_exceptions=True,
        )
        return [repr(numbers), repr(news), repr(weather)]

    async def load_strictly(self):
        loop = asyncio.get_running_loop()
        return await asyncio.gather(
            loop.run_in_executor(None, self._read, "left"),
            loop.run_in_executor(None, self._read, "right"),
        )

    async def load_some(self, limit):
        mixed = await asyncio.gather(
            self._ask("plain"), asyncio.wait_for(self._ask("limited"), limit)
        )
        nested = await asyncio.gather(
            asyncio.gather(self._ask("in"), self._ask("inner")), self._ask("out")
        )
        return mixed, nested
