"""A limited coroutine that somebody else awaits."""

import asyncio


class Probes:
    def __init__(self, ask):
        self._ask = ask

    async def _probe(self, name):
        return await self._ask(name)

    def limited(self, name, limit):
        return asyncio.wait_for(self._probe(name), limit)

    def limited_ask(self, name, limit):
        return asyncio.wait_for(self._ask(name), limit)

    async def both(self, limit):
        first = asyncio.create_task(asyncio.wait_for(self._ask("first"), timeout=limit))
        second = asyncio.create_task(
            asyncio.wait_for(self._probe("second"), timeout=limit), name="second"
        )
        done, _ = await asyncio.wait([first, second])
        return sorted(str(each.exception() or each.result()) for each in done)
