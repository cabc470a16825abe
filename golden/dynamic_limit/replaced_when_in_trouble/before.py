"""A narrower door when the other side shows signs of trouble."""

import asyncio
from collections.abc import Awaitable, Callable


class Sender:
    """Sends messages; fewer at a time once something has failed."""

    def __init__(self, post: Callable[[str], Awaitable[str]], *, wide: int, narrow: int) -> None:
        self._post = post
        self._narrow = narrow
        self._doors = asyncio.Semaphore(wide)
        self._failures = 0

    async def send(self, message: str) -> str:
        async with self._doors:
            try:
                return await self._post(message)
            except ConnectionError:
                self._failures += 1
                if self._failures == 1:
                    # Those who are inside, or wait there, keep the old one.
                    self._doors = asyncio.Semaphore(self._narrow)
                raise

    async def drain(self, messages: list[str]) -> list[str | BaseException]:
        return await asyncio.gather(*[self.send(each) for each in messages], return_exceptions=True)

    @property
    def busy(self) -> bool:
        return self._doors.locked()


class Other:
    """Has a semaphore of the same name, which nothing replaces."""

    def __init__(self) -> None:
        self._doors = asyncio.Semaphore(2)

    async def wait(self, post: Callable[[str], Awaitable[str]]) -> str:
        async with self._doors:
            return await post("other")
