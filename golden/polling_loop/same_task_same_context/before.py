"""A check runs in the task that polls: its context, its name, its timeouts."""

import asyncio
from contextvars import ContextVar

attempt_number: ContextVar[int] = ContextVar("attempt_number", default=0)
trace_id: ContextVar[str] = ContextVar("trace_id", default="none")


async def poll_with_context(ask, interval: float) -> tuple[int, str | None]:
    trace_id.set("poll-1")
    while True:
        attempt_number.set(attempt_number.get() + 1)
        task = asyncio.current_task()
        if await ask(task.get_name() if task else "no task"):
            break
        await asyncio.sleep(interval)
    return attempt_number.get(), trace_id.get()


async def poll_with_timeouts(ask, interval: float, patience: float) -> str:
    answer = None
    try:
        async with asyncio.timeout(patience):
            while True:
                try:
                    async with asyncio.timeout(0.4):
                        answer = await ask("quick")
                except TimeoutError:
                    answer = None
                if answer:
                    return "answered"
                await asyncio.sleep(interval)
    except TimeoutError:
        return f"nothing in {patience} s"


async def poll_shielded(ask, interval):
    while not await asyncio.shield(ask("shielded")):
        await asyncio.sleep(interval)
    return attempt_number.get()
