"""A limiter with a name, and code that asks for it by its type."""

import contextlib

from aiolimiter import AsyncLimiter


class NamedLimiter(AsyncLimiter):
    __slots__ = ("name",)

    def __init__(self, name: str, max_rate: float, time_period: float = 60) -> None:
        super().__init__(max_rate, time_period)
        self.name = name


def describe(limiter: contextlib.AbstractAsyncContextManager[None]) -> str:
    if isinstance(limiter, NamedLimiter):
        return limiter.name
    return "anonymous" if isinstance(limiter, (AsyncLimiter, contextlib.nullcontext)) else "?"


async def send(messages: list[str], quiet: bool) -> None:
    limiter = AsyncLimiter(10, 1) if quiet else contextlib.nullcontext()
    for message in messages:
        async with limiter:
            print(describe(limiter), message)
