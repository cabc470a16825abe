"""Sleeps that somebody else awaits: as a task, a child, a value, a race."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from _operators import fork_join, last_value_from


def nap(minutes: float) -> Coroutine[Any, Any, None]:
    return asyncio.sleep(minutes * 60)


async def first_of(work: Awaitable[str], seconds: float) -> str | None:
    alarm = asyncio.create_task(asyncio.sleep(seconds))
    task = asyncio.ensure_future(work)
    await asyncio.wait({alarm, task}, return_when=asyncio.FIRST_COMPLETED)
    return task.result() if task.done() else None


async def at_least(work: Callable[[], Awaitable[str]], seconds: float) -> str:
    result, _ = await last_value_from(fork_join(work(), asyncio.sleep(seconds)))
    return result


async def bounded(seconds: float) -> None:
    await asyncio.shield(asyncio.sleep(seconds))
    pending = [asyncio.sleep(n) for n in range(1, 3)]
    for each in pending:
        await each
