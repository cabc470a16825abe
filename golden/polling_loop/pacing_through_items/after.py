"""A pause after each item is no poll: nothing is asked again."""

import asyncio

import reactivex as rx

from _operators import last_value_from


async def drip(items, emit) -> int:
    count = 0
    for item in items:
        if item is None:
            break
        await emit(item)
        count += 1
        await last_value_from(rx.timer(0.5))
    return count


async def forward(stream, emit):
    async for item in stream:
        await emit(item)
        await last_value_from(rx.timer(0.25))


async def three_times(emit):
    for round_number in range(3):
        await emit(round_number)
        await last_value_from(rx.timer(0.75))
    else:
        await last_value_from(rx.timer(0.1))
    for _ in (1, 2):
        await asyncio.sleep(0)  # let others in
