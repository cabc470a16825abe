"""The check stands in the condition itself."""

from __future__ import annotations

import asyncio
import logging

logger = logging.getLogger(__name__)


async def warmed_up(cache, shards: int) -> None:
    while not await cache.ready(shards):
        await asyncio.sleep(0.5)


async def quiet(cache, shards: int) -> None:
    while await cache.ready(
        shards,
    ):
        await asyncio.sleep(0.5)
    logger.info("quiet")


async def final_state(cache, name: str) -> str:
    while (state := await cache.state(name)) in ("opening", "syncing"):
        await asyncio.sleep(1.0)
    return state


async def synced(cache, name: str) -> None:
    while (await cache.state(name)) != "synced" and not await cache.ready(1):
        logger.debug("%s is not there yet", name)
        await asyncio.sleep(0.25)
    else:
        logger.info("%s is there", name)


async def known_state(cache, name: str, patience: int = 3) -> str | None:
    """The state that was asked for before counts, too."""
    state = await cache.state(name)
    while state == "opening" and patience > 0:
        await asyncio.sleep(0.5)
        state = await cache.state(name)
        patience -= 1
    return state
