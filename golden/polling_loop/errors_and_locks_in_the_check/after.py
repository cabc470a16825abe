"""``try``, ``with`` and inner loops around the check keep their meaning, and so do their ends."""

import asyncio
import logging
from contextlib import suppress

import reactivex as rx
from reactivex import operators as ops

from _operators import PENDING, last_value_from, poll

logger = logging.getLogger(__name__)


class Gone(Exception):
    """The watched thing does not exist any more."""


class Watcher:
    def __init__(self, api, lock: asyncio.Lock, regions: list[str]) -> None:
        self._api = api
        self._lock = lock
        self._regions = regions

    async def until_deleted(self, name: str, tolerated: int = 2) -> int:
        failures = rounds = 0
        found = True

        async def check(_: int) -> bool:
            nonlocal failures, found, rounds
            rounds += 1
            try:
                async with self._lock:
                    found = await self._api.find(name)
                failures = 0
            except Gone:
                logger.info("%s is gone", name)
                return False
            except ConnectionError:
                failures += 1
                if failures > tolerated:
                    raise
                found = True
            else:
                if not found:
                    return False
            finally:
                self._api.asked(name)
            return True

        await last_value_from(
            rx.interval(0.5).pipe(
                poll(check),
                ops.take_while(lambda pending: pending, inclusive=True),
                ops.last(),
            )
        )
        return rounds

    async def in_any_region(self, name: str) -> str:
        async def check(_: int) -> str:
            for region in self._regions:
                with suppress(Gone):
                    if await self._api.find(f"{region}/{name}"):
                        return region
                if region.endswith("-last"):
                    break
            else:
                logger.debug("no last region")
            return PENDING

        return await last_value_from(
            rx.interval(1).pipe(
                poll(check),
                ops.take_while(lambda region: region is PENDING, inclusive=True),
                ops.last(),
            )
        )

    async def first_of(self, names: tuple[str, ...]) -> str | None:
        async def check(_: int) -> str | None:
            nonlocal names
            if not names:
                return None
            for name in names:
                try:
                    async with self._lock:
                        if await self._api.find(name):
                            return name
                except Gone:
                    names = tuple(other for other in names if other != name)
            return PENDING

        return await last_value_from(
            rx.interval(0.75).pipe(
                poll(check),
                ops.take_while(lambda name: name is PENDING, inclusive=True),
                ops.last(),
            )
        )
