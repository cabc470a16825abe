"""A limited coroutine that somebody else awaits."""

import asyncio

from _operators import from_awaitable, last_value_from, timeout


class Probes:
    def __init__(self, ask):
        self._ask = ask

    async def _probe(self, name):
        return await self._ask(name)

    def limited(self, name, limit):
        return last_value_from(from_awaitable(self._probe(name)).pipe(timeout(limit)))

    def limited_ask(self, name, limit):
        return last_value_from(from_awaitable(self._ask(name)).pipe(timeout(limit)))

    async def both(self, limit):
        first = asyncio.create_task(
            last_value_from(from_awaitable(self._ask("first")).pipe(timeout(limit)))
        )
        second = asyncio.create_task(
            last_value_from(from_awaitable(self._probe("second")).pipe(timeout(limit))),
            name="second",
        )
        done, _ = await asyncio.wait([first, second])
        return sorted(str(each.exception() or each.result()) for each in done)
