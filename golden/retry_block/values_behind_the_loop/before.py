from __future__ import annotations

from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_fixed


class Loader:
    def __init__(self, io, tries: int) -> None:
        self._io = io
        self._tries = tries

    async def _read(self, path: str) -> str:
        return await self._io("read", path)

    async def load(self, path: str) -> str:
        # The share is slow to wake up.
        async for attempt in AsyncRetrying(
            stop=stop_after_attempt(self._tries),
            wait=wait_fixed(0.2),  # seconds
            reraise=True,
        ):
            with attempt:  # once more
                text = await self._read(path)
        return text.upper()

    async def load_both(self, left: str, right: str) -> str:
        async for attempt in AsyncRetrying(stop=stop_after_attempt(self._tries)):
            with attempt:
                first = await self._read(left)
                second = await self._read(right)
        found = first + second
        return found

    async def store(self, path: str, text: str) -> None:
        waits = wait_fixed(0.1) if len(text) < 3 else wait_fixed(0.3)
        async for attempt in AsyncRetrying(
            retry=retry_if_exception_type(OSError),
            wait=waits,
            stop=stop_after_attempt(self._tries),
            reraise=True,
        ):
            with attempt:
                await self._io("write", path, text)
        await self._io("sync", path)
