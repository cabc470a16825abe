"""The model against the real loop: the same order of events and the same results.

No assertion is about time: delays are far enough apart for any machine to keep them in order.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from codemods.verify.loop import VirtualLoop
from codemods.verify.patches import standing_in

STEP = 0.03
"""Seconds between events."""
Program = Callable[[], Coroutine[Any, Any, list[object]]]


async def fan_out_with_an_error() -> list[object]:
    """The first error comes out at once, the siblings go on, the queued still start."""
    seen: list[object] = []
    gate = asyncio.Semaphore(2)

    async def one(item: int, steps: int) -> int:
        async with gate:
            seen.append(("start", item))
            await asyncio.sleep(steps * STEP)
            seen.append(("end", item))
            if item == 1:
                raise LookupError(item)
            return item

    try:
        await asyncio.gather(one(0, 3), one(1, 1), one(2, 4), one(3, 1))
    except LookupError as error:
        seen.append(error.args)
    await asyncio.sleep(8 * STEP)
    return seen


async def cancellation_waits_for_cleanup() -> list[object]:
    seen: list[object] = []

    async def one(item: int, cleanup: int) -> None:
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(cleanup * STEP)
            seen.append(("cleaned", item))

    task = asyncio.ensure_future(asyncio.gather(one(0, 3), one(1, 1)))
    await asyncio.sleep(STEP)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        seen.append("cancelled")
    await asyncio.sleep(4 * STEP)
    return seen


async def threads_and_timers() -> list[object]:
    """Jobs beside timers; a job that is given up runs on."""
    seen: list[object] = []
    loop = asyncio.get_running_loop()

    async def job(steps: int) -> None:
        await asyncio.to_thread(time.sleep, steps * STEP)
        seen.append(("job", steps))

    async def timer(steps: int) -> None:
        await asyncio.sleep(steps * STEP)
        seen.append(("timer", steps))

    def knocks() -> None:
        time.sleep(5 * STEP)
        loop.call_soon_threadsafe(seen.append, "knock")
        time.sleep(2 * STEP)

    await asyncio.gather(job(2), timer(1), job(4), timer(3), asyncio.to_thread(knocks))
    try:
        await asyncio.wait_for(job(4), STEP)
    except TimeoutError:
        seen.append("given up")
    await asyncio.sleep(5 * STEP)
    return seen


def in_virtual_time(program: Program) -> list[object]:
    loop = VirtualLoop()
    try:
        with standing_in(loop):
            return loop.run(program())
    finally:
        loop.close()


@pytest.mark.parametrize(
    "program", [fan_out_with_an_error, cancellation_waits_for_cleanup, threads_and_timers]
)
def test_the_model_agrees_with_the_real_loop(program: Program) -> None:
    assert in_virtual_time(program) == asyncio.run(program())
