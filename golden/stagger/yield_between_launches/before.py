"""``sleep(0)`` lets the launched task take its first step; that is no pace."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence


async def start_in_turn(
    steps: Sequence[str], run: Callable[[str], Awaitable[str]]
) -> "asyncio.Future[list[str]]":
    tasks = []
    for i, step in enumerate(steps):
        if i > 0:
            await asyncio.sleep(0)
        tasks.append(asyncio.create_task(run(step)))
    return asyncio.gather(*tasks)
