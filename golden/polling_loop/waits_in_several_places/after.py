"""More than one wait, a wait under a condition, a round that starts without one."""

import asyncio

import reactivex as rx

from _operators import last_value_from


async def two_paces(ask) -> str:
    while True:
        answer = await ask("two")
        if answer == "done":
            break
        if answer == "busy":
            await last_value_from(rx.timer(2))
            continue
        await last_value_from(rx.timer(0.5))
    return answer


async def only_when_busy(ask):
    answer = None
    while answer != "done":
        answer = await ask("busy")
        if answer == "busy":
            await last_value_from(rx.timer(1))


async def skips(ask) -> int:
    seen = 0
    while True:
        answer = await ask("skips")
        if answer == "skip":
            seen += 1
            continue
        if answer == "done":
            return seen
        await last_value_from(rx.timer(0.25))


async def shares_a_line(ask):
    seen = 0
    while await ask("line") != "done":
        await last_value_from(rx.timer(0.25)); seen += 1
    return seen


async def left_alone(ask):
    while await ask("alone") != "done":
        await asyncio.sleep(0.25)  # codemods: skip
