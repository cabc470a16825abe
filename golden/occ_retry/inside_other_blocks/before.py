"""Retries inside loops, locks and handlers; with what the attempts count and remember."""

import asyncio
import logging
from contextlib import asynccontextmanager

logger = logging.getLogger(__name__)


class ConflictError(Exception):
    pass


class Ledger:
    def __init__(self, post, lock: asyncio.Lock) -> None:
        self._post = post
        self._lock = lock
        self.posted: list[str] = []

    @asynccontextmanager
    async def _locked(self):
        async with self._lock:
            yield

    async def post_all(self, entries: list[str], retries: int = 3) -> int:
        total = 0
        async with self._locked():
            for entry in entries:
                for attempt in range(retries):
                    try:
                        total += await self._post(entry, attempt)
                        break
                    except ConflictError:
                        logger.info("%s: attempt %d", entry, attempt)
                        await asyncio.sleep(0.1)
                self.posted.append(entry)
        return total

    async def post_one(self, entry: str) -> str:
        try:
            for attempt in range(3):
                try:
                    async with self._locked():
                        number = await self._post(entry, attempt)
                    break
                except ConflictError:
                    if attempt >= 2:
                        raise
                    await asyncio.sleep(0.2 * attempt)
            return f"posted {number}"
        except ConflictError:
            return "conflict"
        finally:
            self.posted.append(entry)

    async def first_free(self, entries: list[str]) -> str | None:
        for entry in entries:
            for attempt in range(2):
                try:
                    if await self._post(entry, 0):
                        return entry
                    return None
                except ConflictError:
                    await asyncio.sleep(0.1)
        return "nothing"

    async def with_one_budget(self, entries: list[str], budget: int) -> int:
        lost = 0
        delay = 0.1
        for entry in entries:
            while True:
                try:
                    await self._post(entry, lost)
                    break
                except ConflictError:  # not our turn
                    lost += 1
                    if lost >= budget:
                        raise
                    await asyncio.sleep(delay)
                    delay *= 2
        return lost
