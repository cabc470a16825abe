"""What a round found out is looked at when the polling fails, or is cancelled."""

import asyncio
import logging

logger = logging.getLogger(__name__)


async def follow(deployment, interval: float) -> str:
    phase = "unknown"
    polls = 0
    try:
        while True:
            phase = await deployment.phase()
            polls += 1
            if phase == "live":
                return phase
            await asyncio.sleep(interval)
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
    while True:
        phase = await deployment.phase()
        if phase in ("live", "failed"):
            break
        await asyncio.sleep(interval)
    return [report(), phase]


async def follow_quietly(deployment, interval: float) -> str:
    try:
        while True:
            phase = await deployment.phase()
            if phase == "live":
                break
            await asyncio.sleep(interval)
        deployment.closed(phase)
    finally:
        deployment.closed("anyway")
    return "followed"


_watched = 0


async def follow_counted(deployment, interval: float) -> int:
    global _watched
    while await deployment.phase() != "live":
        _watched += 1
        await asyncio.sleep(interval)
    return _watched
