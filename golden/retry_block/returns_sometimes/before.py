from __future__ import annotations

from tenacity import AsyncRetrying, stop_after_attempt, wait_fixed


class Pool:
    def __init__(self, io) -> None:
        self.io = io
        self.used = 0

    async def __aenter__(self) -> Pool:
        await self.io("acquire")
        self.used += 1
        return self

    async def __aexit__(self, kind, error, trace) -> bool:
        # A key that is not there is no failure.
        return isinstance(error, KeyError)

    async def run(self, key: str) -> str | None:
        async for attempt in AsyncRetrying(stop=stop_after_attempt(3), wait=wait_fixed(0.2)):
            with attempt:
                async with self as pool:
                    return await pool.io("get", key)

    async def run_or_default(self, key: str) -> str:
        async for attempt in AsyncRetrying(stop=stop_after_attempt(3), reraise=True):
            with attempt:
                async with self as pool:
                    return await pool.io("get", key)
        await self.io("default", key)
        return "default"


async def returns_sometimes(function):
    async for attempt in AsyncRetrying(stop=stop_after_attempt(3), reraise=True):
        with attempt:
            if found := await function():
                return found
    return None


async def loop_in_a_loop(function):
    async for attempt in AsyncRetrying(stop=stop_after_attempt(2), reraise=True):
        with attempt:
            async for inner in AsyncRetrying(stop=stop_after_attempt(2), reraise=True):
                with inner:
                    return await function()
