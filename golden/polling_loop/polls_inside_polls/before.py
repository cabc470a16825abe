"""The inner poll is rewritten, the outer one keeps its loop; two in a row get two names."""

import asyncio
import logging

logger = logging.getLogger(__name__)


async def all_shards(ask, shards: int) -> int:
    rounds = 0
    while True:
        for shard in range(shards):
            while await ask("shard", shard) != "ready":
                logger.debug("shard %d is behind", shard)
                await asyncio.sleep(0.25)
        rounds += 1
        if await ask("all", shards) == "ready":
            return rounds
        await asyncio.sleep(1)


async def one_after_the_other(ask) -> list[str]:
    while True:
        first = await ask("first")
        if first == "ready":
            break
        logger.info("first is %s", first)
        await asyncio.sleep(0.5)
    while True:
        second = await ask("second", first)
        if second == "ready":
            break
        logger.info("second is %s", second)
        await asyncio.sleep(0.5)
    while await ask("third") != "ready":
        logger.info("third is not ready")
        await asyncio.sleep(0.5)
    return [first, second]


async def in_turns(ask):
    while await ask("turn") != "ready":
        await asyncio.sleep(0)
