"""A check runs in the task that polls: its context, its name, its timeouts."""

import asyncio
from contextvars import ContextVar

import reactivex as rx
from reactivex import operators as ops

from _operators import last_value_from, poll

attempt_number: ContextVar[int] = ContextVar("attempt_number", default=0)
trace_id: ContextVar[str] = ContextVar("trace_id", default="none")


async def poll_with_context(ask, interval: float) -> tuple[int, str | None]:
    trace_id.set("poll-1")

    async def check(_: int) -> bool:
        attempt_number.set(attempt_number.get() + 1)
        task = asyncio.current_task()
        if await ask(task.get_name() if task else "no task"):
            return False
        return True

    await last_value_from(
        rx.interval(interval).pipe(
            poll(check),
            ops.take_while(lambda pending: pending, inclusive=True),
            ops.last(),
        )
    )
    return attempt_number.get(), trace_id.get()


async def poll_with_timeouts(ask, interval: float, patience: float) -> str:
    answer = None
    try:
        async with asyncio.timeout(patience):
            async def check(_: int) -> bool:
                nonlocal answer
                try:
                    async with asyncio.timeout(0.4):
                        answer = await ask("quick")
                except TimeoutError:
                    answer = None
                return not answer

            await last_value_from(
                rx.interval(interval).pipe(
                    poll(check),
                    ops.take_while(lambda pending: pending, inclusive=True),
                    ops.last(),
                )
            )
            return "answered"
    except TimeoutError:
        return f"nothing in {patience} s"


async def poll_shielded(ask, interval):
    await last_value_from(
        rx.interval(interval).pipe(
            poll(lambda _: asyncio.shield(ask("shielded"))),
            ops.take_while(lambda done: not done, inclusive=True),
            ops.last(),
        )
    )
    return attempt_number.get()
