"""Loops without an end: something has to be written down, however long it takes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

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
        while True:
            version = await self._read()
            try:
                return await self._write(line, version)
            except StaleDataError:
                logger.debug("%s: lost a race, again in %.3fs", line, delay)
                await asyncio.sleep(delay)
                delay = min(delay * 2, 1.0)

    async def mark(self, line: str) -> None:
        wait = 0.25
        while True:
            try:
                await self._write(line, await self._read())
                break
            except (StaleDataError, ConnectionError) as error:
                logger.info("%s: %r", line, error)
            await asyncio.sleep(wait)
            wait *= 1.5

    async def patient(self, line: str, *, tries: int) -> int:
        lost = 0
        while True:
            try:
                return await self._write(line, 0)
            except StaleDataError:
                lost += 1
                if lost >= tries:
                    raise
                await asyncio.sleep(self._backoff * lost)

    async def politely(self, line: str) -> int:
        while True:
            try:
                return await self._write(line, -1)
            except StaleDataError:
                await asyncio.sleep(0)
