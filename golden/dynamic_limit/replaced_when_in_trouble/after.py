"""A narrower door when the other side shows signs of trouble."""

from collections.abc import Awaitable, Callable

import reactivex as rx
from reactivex import operators as ops

from _operators import dynamic_semaphore, flat_map, last_value_from


class Sender:
    """Sends messages; fewer at a time once something has failed."""

    def __init__(self, post: Callable[[str], Awaitable[str]], *, wide: int, narrow: int) -> None:
        self._post = post
        self._narrow = narrow
        self._doors = dynamic_semaphore(wide)
        self._failures = 0

    async def send(self, message: str) -> str:
        async with self._doors:
            try:
                return await self._post(message)
            except ConnectionError:
                self._failures += 1
                if self._failures == 1:
                    # Those who are inside, or wait there, keep the old one.
                    self._doors = dynamic_semaphore(self._narrow)
                raise

    async def drain(self, messages: list[str]) -> list[str | BaseException]:
        return await last_value_from(
            rx.from_iterable(messages).pipe(
                flat_map(self.send, return_exceptions=True), ops.to_list()
            )
        )

    @property
    def busy(self) -> bool:
        return self._doors.locked()


class Other:
    """Has a semaphore of the same name, which nothing replaces."""

    def __init__(self) -> None:
        self._doors = dynamic_semaphore(2)

    async def wait(self, post: Callable[[str], Awaitable[str]]) -> str:
        async with self._doors:
            return await post("other")
