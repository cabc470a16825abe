"""Loops without an end: something has to be written down, however long it takes."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from _operators import TryAgain, last_value_from, occ_transition

logger = logging.getLogger(__name__)

Write = Callable[[str, int], Awaitable[int]]


class StaleDataError(Exception):
    pass


class Journal:
    def __init__(self, read: Callable[[], Awaitable[int]], write: Write, backoff: float) -> None:
        self._read = read
        self._write = write
        self._backoff = backoff

    async def append(self, line: str) -> int:
        """Append a line; losing it would be worse than waiting."""
        delay = self._backoff

        async def transition() -> int:
            version = await self._read()
            try:
                return await self._write(line, version)
            except StaleDataError as exc:
                raise TryAgain from exc

        def backoff(n: int, _: StaleDataError) -> float:
            nonlocal delay
            if n:
                delay = min(delay * 2, 1.0)
            logger.debug("%s: lost a race, again in %.3fs", line, delay)
            return delay

        return await last_value_from(
            occ_transition(
                transition, max_attempts=None, conflict=TryAgain, backoff=backoff
            )
        )

    async def mark(self, line: str) -> None:
        wait = 0.25

        async def transition() -> None:
            await self._write(line, await self._read())

        def backoff(n: int, error: Exception) -> float:
            nonlocal wait
            if n:
                wait *= 1.5
            logger.info("%s: %r", line, error)
            return wait

        await last_value_from(
            occ_transition(
                transition,
                max_attempts=None,
                conflict=(StaleDataError, ConnectionError),
                backoff=backoff,
            )
        )

    async def patient(self, line: str, *, tries: int) -> int:
        return await last_value_from(
            occ_transition(
                lambda: self._write(line, 0),
                max_attempts=max(1, tries),
                conflict=StaleDataError,
                backoff=lambda n, _: self._backoff * (n + 1),
            )
        )

    async def politely(self, line: str) -> int:
        return await last_value_from(
            occ_transition(
                lambda: self._write(line, -1),
                max_attempts=None,
                conflict=StaleDataError,
                backoff=lambda *_: 0,
            )
        )
