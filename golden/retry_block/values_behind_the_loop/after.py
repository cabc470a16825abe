from __future__ import annotations

from _operators import (
    RetryPolicy,
    from_async,
    last_value_from,
    retry_if_exception_type,
    retry_when,
    stop_after_attempt,
    wait_fixed,
)


class Loader:
    def __init__(self, io, tries: int) -> None:
        self._io = io
        self._tries = tries

    async def _read(self, path: str) -> str:
        return await self._io("read", path)

    async def load(self, path: str) -> str:
        # The share is slow to wake up.
        policy = RetryPolicy(
            stop=stop_after_attempt(self._tries),
            wait=wait_fixed(0.2),  # seconds
            reraise=True,
        )

        async def attempt() -> str:  # once more
            return await self._read(path)

        text = await last_value_from(from_async(attempt).pipe(retry_when(policy)))
        return text.upper()

    async def load_both(self, left: str, right: str) -> str:
        policy = RetryPolicy(stop=stop_after_attempt(self._tries))

        async def attempt():
            first = await self._read(left)
            second = await self._read(right)
            return first, second

        first, second = await last_value_from(
            from_async(attempt).pipe(retry_when(policy))
        )
        found = first + second
        return found

    async def store(self, path: str, text: str) -> None:
        waits = wait_fixed(0.1) if len(text) < 3 else wait_fixed(0.3)
        policy = RetryPolicy(
            retry=retry_if_exception_type(OSError),
            wait=waits,
            stop=stop_after_attempt(self._tries),
            reraise=True,
        )

        async def attempt() -> None:
            await self._io("write", path, text)

        await last_value_from(from_async(attempt).pipe(retry_when(policy)))
        await self._io("sync", path)
