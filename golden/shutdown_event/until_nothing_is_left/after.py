import reactivex as rx
from reactivex import operators as ops

from _operators import (
    EventSubject,
    concat_map,
    forever,
    last_value_from,
    pull_from,
    take_until,
)


class Drainer:
    """Takes what there is, until there is nothing left or somebody says stop."""

    def __init__(self, take, store) -> None:
        self._take = take
        self._store = store
        self._stop = EventSubject()
        self.stored = 0

    def stop(self) -> None:
        self._stop.set()

    async def run(self) -> int:
        empty = 0

        async def one_round(_: int) -> bool:
            nonlocal empty
            item = await self._take()
            if item is None:
                empty += 1
                if empty > 2:
                    return False  # nothing came for a while
                await last_value_from(rx.timer(0.1))
                return True
            empty = 0
            try:
                await self._store(item)
            except ValueError:
                return False
            finally:
                self.stored += 1
            return True

        await last_value_from(
            forever().pipe(
                take_until(self._stop),
                concat_map(one_round),
                ops.take_while(lambda going: going),
                ops.default_if_empty(),
            )
        )
        return empty

    async def first_failure(self, items: list[int]) -> int:
        tried = 0

        async def each_item(item: int) -> bool:
            nonlocal tried
            tried += 1
            try:
                await self._store(item)
            except ValueError:
                return False
            return True

        await last_value_from(
            pull_from(items).pipe(
                take_until(self._stop),
                concat_map(each_item),
                ops.take_while(lambda going: going),
                ops.default_if_empty(),
            )
        )
        return tried

    async def once(self, items: range) -> None:
        async def each_item(item):
            if await self._take() is None:
                return True
            await self._store(item)
            return False

        await last_value_from(
            pull_from(items).pipe(
                take_until(self._stop),
                concat_map(each_item),
                ops.take_while(lambda going: going),
                ops.default_if_empty(),
            )
        )
