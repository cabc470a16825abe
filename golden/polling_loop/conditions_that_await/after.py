"""The check stands in the condition itself."""

from __future__ import annotations

import logging

import reactivex as rx
from reactivex import operators as ops

from _operators import last_value_from, poll

logger = logging.getLogger(__name__)


async def warmed_up(cache, shards: int) -> None:
    await last_value_from(
        rx.interval(0.5).pipe(
            poll(lambda _: cache.ready(shards)),
            ops.take_while(lambda done: not done, inclusive=True),
            ops.last(),
        )
    )


async def quiet(cache, shards: int) -> None:
    await last_value_from(
        rx.interval(0.5).pipe(
            poll(lambda _: cache.ready(shards)),
            ops.take_while(bool, inclusive=True),
            ops.last(),
        )
    )
    logger.info("quiet")


async def final_state(cache, name: str) -> str:
    state = await last_value_from(
        rx.interval(1.0).pipe(
            poll(lambda _: cache.state(name)),
            ops.take_while(
                lambda state: state in ("opening", "syncing"), inclusive=True
            ),
            ops.last(),
        )
    )
    return state


async def synced(cache, name: str) -> None:
    async def check(_: int) -> bool:
        if not ((await cache.state(name)) != "synced" and not await cache.ready(1)):
            logger.info("%s is there", name)
            return False
        logger.debug("%s is not there yet", name)
        return True

    await last_value_from(
        rx.interval(0.25).pipe(
            poll(check),
            ops.take_while(lambda pending: pending, inclusive=True),
            ops.last(),
        )
    )


async def known_state(cache, name: str, patience: int = 3) -> str | None:
    """The state that was asked for before counts, too."""
    state = await cache.state(name)

    async def check(n: int) -> bool:
        nonlocal patience, state
        if n:
            state = await cache.state(name)
            patience -= 1
        return state == "opening" and patience > 0

    await last_value_from(
        rx.interval(0.5).pipe(
            poll(check),
            ops.take_while(lambda pending: pending, inclusive=True),
            ops.last(),
        )
    )
    return state
