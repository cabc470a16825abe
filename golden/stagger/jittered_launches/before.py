"""Each pause is drawn anew; and the other loop's pause grows."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence


async def poll_devices(
    devices: Sequence[str], ask: Callable[[str], Awaitable[float]], jitter: float = 0.4
) -> list[float]:
    tasks = []
    for device in devices:
        if tasks:
            await asyncio.sleep(random.uniform(0.1, jitter))
        tasks.append(asyncio.create_task(ask(device)))
    return await asyncio.gather(*tasks)


async def wake_devices(
    devices: tuple[str, ...], wake: Callable[[str], Awaitable[float]], pause: float = 0.1
) -> list[float | BaseException]:
    tasks = []
    for i, device in enumerate(devices):
        if i > 0:
            await asyncio.sleep(pause)
            pause *= 1.5
        tasks.append(asyncio.create_task(wake(device)))
    return await asyncio.gather(*tasks, return_exceptions=True)
