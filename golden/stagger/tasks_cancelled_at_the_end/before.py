"""The list of tasks serves the cleanup as well, so it has to stay."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence


async def race_replicas(
    replicas: Sequence[str], read: Callable[[str], Awaitable[str]], hedge_after: float = 0.3
) -> list[str]:
    tasks: list[asyncio.Task[str]] = []
    try:
        for i, replica in enumerate(replicas):
            if i > 0:
                await asyncio.sleep(hedge_after)
            tasks.append(asyncio.create_task(read(replica)))
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with contextlib.suppress(BaseException):
                await task
