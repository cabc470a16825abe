import asyncio


class Drainer:
    """Takes what there is, until there is nothing left or somebody says stop."""

    def __init__(self, take, store) -> None:
        self._take = take
        self._store = store
        self._stop = asyncio.Event()
        self.stored = 0

    def stop(self) -> None:
        self._stop.set()

    async def run(self) -> int:
        empty = 0
        while not self._stop.is_set():
            item = await self._take()
            if item is None:
                empty += 1
                if empty > 2:
                    break  # nothing came for a while
                await asyncio.sleep(0.1)
                continue
            empty = 0
            try:
                await self._store(item)
            except ValueError:
                break
            finally:
                self.stored += 1
        return empty

    async def first_failure(self, items: list[int]) -> int:
        tried = 0
        for item in items:
            if self._stop.is_set():
                break
            tried += 1
            try:
                await self._store(item)
            except ValueError:
                break
        return tried

    async def once(self, items: range) -> None:
        for item in items:
            if self._stop.is_set():
                return
            if await self._take() is None:
                continue
            await self._store(item)
            break
