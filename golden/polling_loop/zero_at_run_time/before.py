"""A period that turns out to be zero gives way once; other tasks see each round."""

import asyncio


async def drained(queue: list[str], pause: float) -> int:
    rounds = 0
    while True:
        rounds += 1
        if not queue or rounds > 20:
            break
        await asyncio.sleep(pause)
    return rounds


async def empty(queue, pause):
    while queue:
        await asyncio.sleep(pause)


async def shrinking(queue, pause):
    while True:
        await asyncio.sleep(pause)
        pause -= 0.5
        if not queue:
            return pause
