"""Not gathered: the tasks are waited for with a deadline, or one by one."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import reactivex as rx

from _operators import last_value_from


async def probe(hosts: list[str], ping: Callable[[str], Awaitable[float]]) -> set[str]:
    tasks = []
    for i, host in enumerate(hosts):
        if i > 0:
            await last_value_from(rx.timer(0.05))
        tasks.append(asyncio.create_task(ping(host), name=host))
    if not tasks:
        return set()
    done, late = await asyncio.wait(tasks, timeout=1.5)
    for task in late:
        task.cancel()
    return {task.get_name() for task in done if not task.cancelled() and not task.exception()}


async def first_answer(hosts: list[str], ping: Callable[[str], Awaitable[float]]) -> float | None:
    tasks = []
    for i, host in enumerate(hosts):
        if i > 0:
            await last_value_from(rx.timer(0.05))
        tasks.append(asyncio.create_task(ping(host)))
    for task in tasks:
        with suppress(OSError):
            return await task
    await asyncio.sleep(0)  # nobody has answered: at least give way
    return None
