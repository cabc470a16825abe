"""What is raised inside a loop means something to the code around it, or to the language."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator

logger = logging.getLogger(__name__)


class Mirror:
    def __init__(self, api) -> None:
        self.api = api

    async def first_current(self, mirrors: Iterator[str]) -> bool:
        """Takes the next mirror each time; no mirror is left: no mirror is current."""
        try:
            while True:
                name = next(mirrors)
                if await self.api.is_current(name):
                    break
                await asyncio.sleep(0.5)
        except StopIteration:
            logger.info("no mirror is current")
            return False
        return True

    async def until_any(self, mirrors: Iterator[str]) -> None:
        """Nobody here tells a StopIteration from what Python makes of it."""
        while not await self.api.is_current(next(mirrors)):
            await asyncio.sleep(0.5)

    async def until_recovered(self, name: str) -> str:
        try:
            await self.api.switch(name)
        except ConnectionError:
            rounds = 0
            while not await self.api.is_current(name):
                rounds += 1
                if rounds > 2:
                    raise
                await asyncio.sleep(1)
        return name

    async def files(self, name: str, patience: int) -> AsyncIterator[str]:
        """A generator returns nothing."""
        for _ in range(patience):
            if await self.api.is_current(name):
                return
            await asyncio.sleep(0.25)
        logger.info("%s is stale", name)
        return
        yield name

    async def changes(self, name: str) -> AsyncIterator[str]:
        while not await self.api.is_current(name):
            await asyncio.sleep(0.25)
        yield name
