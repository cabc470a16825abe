"""The inner poll is rewritten, the outer one keeps its loop; two in a row get two names."""

import asyncio
import logging

import reactivex as rx
from reactivex import operators as ops

from _operators import PENDING, last_value_from, poll

logger = logging.getLogger(__name__)


async def all_shards(ask, shards: int) -> int:
    rounds = 0
    while True:
        for shard in range(shards):
            async def check(_: int) -> bool:
                if await ask("shard", shard) == "ready":
                    return False
                logger.debug("shard %d is behind", shard)
                return True

            await last_value_from(
                rx.interval(0.25).pipe(
                    poll(check),
                    ops.take_while(lambda pending: pending, inclusive=True),
                    ops.last(),
                )
            )
        rounds += 1
        if await ask("all", shards) == "ready":
            return rounds
        await last_value_from(rx.timer(1))


async def one_after_the_other(ask) -> list[str]:
    async def check(_: int):
        first = await ask("first")
        if first == "ready":
            return first
        logger.info("first is %s", first)
        return PENDING

    first = await last_value_from(
        rx.interval(0.5).pipe(
            poll(check),
            ops.take_while(lambda first: first is PENDING, inclusive=True),
            ops.last(),
        )
    )

    async def check_2(_: int):
        second = await ask("second", first)
        if second == "ready":
            return second
        logger.info("second is %s", second)
        return PENDING

    second = await last_value_from(
        rx.interval(0.5).pipe(
            poll(check_2),
            ops.take_while(lambda second: second is PENDING, inclusive=True),
            ops.last(),
        )
    )

    async def check_3(_: int) -> bool:
        if await ask("third") == "ready":
            return False
        logger.info("third is not ready")
        return True

    await last_value_from(
        rx.interval(0.5).pipe(
            poll(check_3),
            ops.take_while(lambda pending: pending, inclusive=True),
            ops.last(),
        )
    )
    return [first, second]


async def in_turns(ask):
    while await ask("turn") != "ready":
        await asyncio.sleep(0)
