from __future__ import annotations

from _operators import (
    PENDING,
    RetryPolicy,
    from_async,
    last_value_from,
    retry_when,
    stop_after_attempt,
    wait_fixed,
)


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
        policy = RetryPolicy(stop=stop_after_attempt(3), wait=wait_fixed(0.2))

        async def attempt() -> str | None:
            async with self as pool:
                return await pool.io("get", key)

        return await last_value_from(from_async(attempt).pipe(retry_when(policy)))

    async def run_or_default(self, key: str) -> str:
        policy = RetryPolicy(stop=stop_after_attempt(3), reraise=True)

        async def attempt():
            async with self as pool:
                return await pool.io("get", key)
            return PENDING

        found = await last_value_from(from_async(attempt).pipe(retry_when(policy)))
        if found is not PENDING:
            return found
        await self.io("default", key)
        return "default"


async def returns_sometimes(function):
    policy = RetryPolicy(stop=stop_after_attempt(3), reraise=True)

    async def attempt():
        if found := await function():
            return found
        return PENDING

    returned = await last_value_from(from_async(attempt).pipe(retry_when(policy)))
    if returned is not PENDING:
        return returned
    return None


async def loop_in_a_loop(function):
    policy = RetryPolicy(stop=stop_after_attempt(2), reraise=True)

    async def attempt():
        policy = RetryPolicy(stop=stop_after_attempt(2), reraise=True)

        async def inner():
            return await function()

        return await last_value_from(from_async(inner).pipe(retry_when(policy)))

    return await last_value_from(from_async(attempt).pipe(retry_when(policy)))
