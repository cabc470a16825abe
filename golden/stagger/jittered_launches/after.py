"""Each pause is drawn anew; and the other loop's pause grows."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence

import reactivex as rx
from reactivex import operators as ops

from _operators import flat_map, last_value_from


async def poll_devices(
    devices: Sequence[str], ask: Callable[[str], Awaitable[float]], jitter: float = 0.4
) -> list[float]:
    tasks = []
    for device in devices:
        if tasks:
            await last_value_from(rx.timer(random.uniform(0.1, jitter)))
        tasks.append(asyncio.create_task(ask(device)))
    return await last_value_from(
        rx.from_iterable(tasks).pipe(flat_map(lambda task: task), ops.to_list())
    )


async def wake_devices(
    devices: tuple[str, ...], wake: Callable[[str], Awaitable[float]], pause: float = 0.1
) -> list[float | BaseException]:
    tasks = []
    for i, device in enumerate(devices):
        if i > 0:
            await last_value_from(rx.timer(pause))
            pause *= 1.5
        tasks.append(asyncio.create_task(wake(device)))
    return await last_value_from(
        rx.from_iterable(tasks).pipe(
            flat_map(lambda task: task, return_exceptions=True), ops.to_list()
        )
    )
