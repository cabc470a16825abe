"""What a round found out is looked at when the polling fails, or is cancelled."""

import asyncio
import logging

import reactivex as rx
from reactivex import operators as ops

from _operators import last_value_from, poll

logger = logging.getLogger(__name__)


async def follow(deployment, interval: float) -> str:
    phase = "unknown"
    polls = 0
    try:
        async def check(_: int) -> bool:
            nonlocal phase, polls
            phase = await deployment.phase()
            polls += 1
            return phase != "live"

        await last_value_from(
            rx.interval(interval).pipe(
                poll(check),
                ops.take_while(lambda pending: pending, inclusive=True),
                ops.last(),
            )
        )
        return phase
    except asyncio.CancelledError:
        logger.warning("given up in phase %s", phase)
        raise
    except ConnectionError as error:
        logger.warning("lost in phase %s", phase)
        raise RuntimeError(phase) from error
    finally:
        deployment.closed(polls)


async def follow_with_report(deployment, interval: float) -> list[str]:
    phase = None

    def report() -> str:
        return f"now {phase}"

    deployment.on_question(report)

    async def check(_: int) -> bool:
        nonlocal phase
        phase = await deployment.phase()
        return phase not in ("live", "failed")

    await last_value_from(
        rx.interval(interval).pipe(
            poll(check),
            ops.take_while(lambda pending: pending, inclusive=True),
            ops.last(),
        )
    )
    return [report(), phase]


async def follow_quietly(deployment, interval: float) -> str:
    try:
        phase = await last_value_from(
            rx.interval(interval).pipe(
                poll(lambda _: deployment.phase()),
                ops.take_while(lambda phase: phase != "live", inclusive=True),
                ops.last(),
            )
        )
        deployment.closed(phase)
    finally:
        deployment.closed("anyway")
    return "followed"


_watched = 0


async def follow_counted(deployment, interval: float) -> int:
    global _watched

    async def check(_: int) -> bool:
        global _watched
        if await deployment.phase() == "live":
            return False
        _watched += 1
        return True

    await last_value_from(
        rx.interval(interval).pipe(
            poll(check),
            ops.take_while(lambda pending: pending, inclusive=True),
            ops.last(),
        )
    )
    return _watched
