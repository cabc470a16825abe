"""Somebody asked for this one to be left alone."""

import asyncio
from collections.abc import Awaitable, Callable


async def notify(watchers: list[str], call: Callable[[str], Awaitable[None]]) -> None:
    tasks = []
    for i, watcher in enumerate(watchers):
        if i > 0:
            await asyncio.sleep(0.2)  # codemods: skip
        tasks.append(asyncio.create_task(call(watcher)))
    await asyncio.gather(*tasks)  # codemods: skip
