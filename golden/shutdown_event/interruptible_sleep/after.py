import asyncio
import contextlib

from reactivex import operators as ops

from _operators import (
    EventSubject,
    concat_map,
    forever,
    from_async,
    last_value_from,
    take_until,
    timeout,
)


class Refresher:
    """Refreshes, then sleeps until it is time again or somebody says stop."""

    def __init__(self, refresh, interval: float = 5.0) -> None:
        self._refresh = refresh
        self._interval = interval
        self._stop = EventSubject()
        self._task: asyncio.Task[None] | None = None
        self.rounds = 0

    def start(self) -> None:
        self._task = asyncio.create_task(self._loop())

    async def stop(self) -> None:
        self._stop.set()
        if self._task is not None:
            await self._task

    async def _loop(self) -> None:
        async def one_round(_: int) -> None:
            try:
                await self._refresh(self.rounds)
            except ValueError:
                pass
            self.rounds += 1
            try:
                await last_value_from(
                    from_async(self._stop.wait).pipe(timeout(self._interval))
                )
            except asyncio.TimeoutError:
                pass

        await last_value_from(
            forever().pipe(
                take_until(self._stop), concat_map(one_round), ops.default_if_empty()
            )
        )

    async def watch(self) -> int:
        seen = 0

        async def one_round(_: int) -> None:
            nonlocal seen
            with contextlib.suppress(asyncio.TimeoutError):
                await last_value_from(from_async(self._stop.wait).pipe(timeout(1.5)))
            seen += 1

        await last_value_from(
            forever().pipe(
                take_until(self._stop), concat_map(one_round), ops.default_if_empty()
            )
        )
        return seen
