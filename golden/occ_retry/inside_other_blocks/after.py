"""Retries inside loops, locks and handlers; with what the attempts count and remember."""

import asyncio
import logging
from contextlib import asynccontextmanager

from _operators import PENDING, last_value_from, occ_transition

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
                attempt = -1

                async def transition() -> None:
                    nonlocal attempt, total
                    attempt += 1
                    total += await self._post(entry, attempt)

                def backoff(_: int, _error: ConflictError) -> float:
                    logger.info("%s: attempt %d", entry, attempt)
                    return 0.1

                await last_value_from(
                    occ_transition(
                        transition,
                        max_attempts=retries,
                        conflict=ConflictError,
                        backoff=backoff,
                        exhausted=None,
                    )
                )
                self.posted.append(entry)
        return total

    async def post_one(self, entry: str) -> str:
        try:
            attempt = -1

            async def transition():
                nonlocal attempt
                attempt += 1
                async with self._locked():
                    number = await self._post(entry, attempt)
                return number

            number = await last_value_from(
                occ_transition(
                    transition,
                    max_attempts=3,
                    conflict=ConflictError,
                    backoff=lambda *_: 0.2 * attempt,
                )
            )
            return f"posted {number}"
        except ConflictError:
            return "conflict"
        finally:
            self.posted.append(entry)

    async def first_free(self, entries: list[str]) -> str | None:
        for entry in entries:
            async def transition() -> str | None:
                if await self._post(entry, 0):
                    return entry
                return None

            result = await last_value_from(
                occ_transition(
                    transition,
                    max_attempts=2,
                    conflict=ConflictError,
                    backoff=lambda *_: 0.1,
                    exhausted=PENDING,
                )
            )
            if result is not PENDING:
                return result
        return "nothing"

    async def with_one_budget(self, entries: list[str], budget: int) -> int:
        lost = 0
        delay = 0.1
        for entry in entries:
            async def transition() -> None:
                await self._post(entry, lost)

            def backoff(_: int, exc: ConflictError) -> float:
                # not our turn
                nonlocal delay, lost
                lost += 1
                if lost >= budget:
                    raise exc
                pause = delay
                delay *= 2
                return pause

            await last_value_from(
                occ_transition(
                    transition,
                    max_attempts=None,
                    conflict=ConflictError,
                    backoff=backoff,
                )
            )
        return lost
