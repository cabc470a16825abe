"""The list of tasks serves the cleanup as well, so it has to stay."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence

import reactivex as rx
from reactivex import operators as ops

from _operators import flat_map, last_value_from


async def race_replicas(
    replicas: Sequence[str], read: Callable[[str], Awaitable[str]], hedge_after: float = 0.3
) -> list[str]:
    tasks: list[asyncio.Task[str]] = []
    try:
        for i, replica in enumerate(replicas):
            if i > 0:
                await last_value_from(rx.timer(hedge_after))
            tasks.append(asyncio.create_task(read(replica)))
        return await last_value_from(
            rx.from_iterable(tasks).pipe(flat_map(lambda task: task), ops.to_list())
        )
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with contextlib.suppress(BaseException):
                await task
