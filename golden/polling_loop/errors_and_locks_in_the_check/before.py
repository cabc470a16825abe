"""``try``, ``with`` and inner loops around the check keep their meaning, and so do their ends."""

import asyncio
import logging
from contextlib import suppress

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
        while True:
            rounds += 1
            try:
                async with self._lock:
                    found = await self._api.find(name)
                failures = 0
            except Gone:
                logger.info("%s is gone", name)
                break
            except ConnectionError:
                failures += 1
                if failures > tolerated:
                    raise
                found = True
            else:
                if not found:
                    break
            finally:
                self._api.asked(name)
            await asyncio.sleep(0.5)
        return rounds

    async def in_any_region(self, name: str) -> str:
        while True:
            for region in self._regions:
                with suppress(Gone):
                    if await self._api.find(f"{region}/{name}"):
                        return region
                if region.endswith("-last"):
                    break
            else:
                logger.debug("no last region")
            await asyncio.sleep(1)

    async def first_of(self, names: tuple[str, ...]) -> str | None:
        while names:
            for name in names:
                try:
                    async with self._lock:
                        if await self._api.find(name):
                            return name
                except Gone:
                    names = tuple(other for other in names if other != name)
            await asyncio.sleep(0.75)
        return None
