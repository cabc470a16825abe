"""The file has a ``PENDING``, a ``check`` and a ``poll`` of its own."""

import asyncio
import enum

PENDING = "pending"


class State(enum.Enum):
    PENDING = 1
    DONE = 2


async def until_done(client, check):
    while True:
        state = await client.state(check)
        if check(state):
            break
        client.count += 1
        await asyncio.sleep(0.5)
    return client.count


async def until_not_pending(client) -> object:
    while (state := await client.state(None)) is State.PENDING or state == PENDING:
        await asyncio.sleep(0.5)
    return state


async def result_of(client, n: int, _=str) -> str:
    while True:
        state = await client.state(n)
        if state is not State.PENDING:
            return _(state)
        client.count += n
        await asyncio.sleep(0.5)


async def polled(client, poll):
    while not await poll(client):
        await asyncio.sleep(0.5)
