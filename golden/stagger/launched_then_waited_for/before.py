"""Not gathered: the tasks are waited for with a deadline, or as they end."""

import asyncio
from collections.abc import Awaitable, Callable


async def probe(hosts: list[str], ping: Callable[[str], Awaitable[float]]) -> set[str]:
    tasks = []
    for i, host in enumerate(hosts):
        if i > 0:
            await asyncio.sleep(0.05)
        tasks.append(asyncio.create_task(ping(host), name=host))
    if not tasks:
        return set()
    done, late = await asyncio.wait(tasks, timeout=1.5)
    for task in late:
        task.cancel()
    return {task.get_name() for task in done if not task.cancelled() and not task.exception()}


async def fastest(hosts: list[str], ping: Callable[[str], Awaitable[float]]) -> float | None:
    tasks = []
    for i, host in enumerate(hosts):
        if i > 0:
            await asyncio.sleep(0.05)
        tasks.append(asyncio.create_task(ping(host)))
    for next_one in asyncio.as_completed(tasks):
        return await next_one
    await asyncio.sleep(0)  # nobody to ask: at least give way
    return None
