"""In a radio's code, ``rx`` is a receiver."""

import asyncio
from collections.abc import Awaitable, Callable

CHANNELS = (1, 6, 11)


async def scan(rx: Callable[[int], Awaitable[bytes]], dwell: float = 0.2) -> list[bytes]:
    sweeps = []
    for i, channel in enumerate(CHANNELS):
        if i > 0:
            await asyncio.sleep(dwell)
        sweeps.append(asyncio.create_task(rx(channel)))
    return await asyncio.gather(*sweeps)
