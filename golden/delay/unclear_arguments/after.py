"""What these pass cannot be told, or is not what ``sleep`` takes any more."""

import asyncio
from asyncio import AbstractEventLoop


async def replay(pauses: list[tuple[float, ...]], options: dict[str, float]) -> None:
    for pause in pauses:
        await asyncio.sleep(*pause)
    await asyncio.sleep(**options)


async def old_style(loop: AbstractEventLoop, clock: list[float]) -> float:
    await asyncio.sleep(1, loop=loop)
    # The result is worked out first, as it stands first.
    return await asyncio.sleep(result=clock.pop(), delay=clock.pop())


async def told_why(seconds: float) -> None:
    await asyncio.sleep(
        # the printer needs it
        seconds
    )
