"""Threads, limits and plain calls, all side by side."""

import asyncio
from functools import partial

import reactivex as rx

from _operators import (
    fork_join,
    from_async,
    from_awaitable,
    in_executor,
    in_thread,
    last_value_from,
    timeout,
)


class Dashboard:
    def __init__(self, read, ask):
        self._read = read
        self._ask = ask

    async def _asked(self, name):
        return await self._ask(name)

    async def load(self, limit):
        numbers, news, weather = await last_value_from(
            fork_join(
                rx.from_callable(partial(self._read, "numbers")).pipe(in_thread()),
                from_async(self._asked, "news").pipe(timeout(limit)),
                rx.from_callable(partial(self._read, "weather")).pipe(
                    in_thread(), timeout(limit)
                ),
                return_exceptions=True,
            )
        )
        return [repr(numbers), repr(news), repr(weather)]

    async def load_strictly(self):
        return await last_value_from(
            fork_join(
                rx.from_callable(partial(self._read, "left")).pipe(in_executor()),
                rx.from_callable(partial(self._read, "right")).pipe(in_executor()),
            )
        )

    async def load_some(self, limit):
        mixed = await last_value_from(
            fork_join(
                self._ask("plain"),
                from_awaitable(self._ask("limited")).pipe(timeout(limit)),
            )
        )
        nested = await last_value_from(
            fork_join(
                asyncio.gather(self._ask("in"), self._ask("inner")), self._ask("out")
            )
        )
        return mixed, nested
