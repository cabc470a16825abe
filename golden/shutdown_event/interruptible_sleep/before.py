import asyncio
import contextlib


class Refresher:
    """Refreshes, then sleeps until it is time again or somebody says stop."""

    def __init__(self, refresh, interval: float = 5.0) -> None:
        self._refresh = refresh
        self._interval = interval
        self._stop = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.rounds = 0

    def start(self) -> None:
        self._task = asyncio.create_task(self._loop())

    async def stop(self) -> None:
        self._stop.set()
        if self._task is not None:
            await self._task

    async def _loop(self) -> None:
        while not self._stop.is_set():
            try:
                await self._refresh(self.rounds)
            except ValueError:
                pass
            self.rounds += 1
            try:
                await asyncio.wait_for(self._stop.wait(), timeout=self._interval)
            except asyncio.TimeoutError:
                pass

    async def watch(self) -> int:
        seen = 0
        while not self._stop.is_set():
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._stop.wait(), 1.5)
            seen += 1
        return seen
