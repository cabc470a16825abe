"""Variables that a function of its own could not keep as they are."""

import asyncio
from contextlib import suppress


async def stale(ask) -> object:
    # If asking fails, the answer of the round before still counts.
    while True:
        with suppress(ConnectionError):
            answer = await ask("stale")
            if answer == "done":
                break
        await asyncio.sleep(0.5)
    return answer


async def two_results(ask):
    while True:
        first = await ask("first")
        second = await ask("second")
        if first == second == "done":
            break
        await asyncio.sleep(0.5)
    return first, second


async def late_binding(ask):
    callbacks = []
    while True:
        answer = await ask("late")
        callbacks.append(lambda: answer)
        if answer == "done":
            break
        await asyncio.sleep(0.5)
    return [callback() for callback in callbacks]


async def maybe_unbound(ask, verbose: bool):
    if verbose:
        prefix = "very "
    while await ask(prefix) != "done":
        await asyncio.sleep(0.5)


async def forgotten(ask):
    count = 0
    while True:
        answer = await ask(count)
        count += 1
        if answer == "done":
            return count
        del answer
        await asyncio.sleep(0.5)


async def counted(ask) -> int:
    for attempt in range(1, 5):
        if await ask("counted") == "done":
            break
        await asyncio.sleep(0.5 * attempt)
    return attempt


async def two_ways_out(ask):
    while True:
        answer = await ask("ways")
        if answer == "done":
            return answer
        if answer == "over":
            break
        await asyncio.sleep(0.5)
    await ask("why over")
    await asyncio.sleep(0)
    return None
