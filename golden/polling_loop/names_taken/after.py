"""The file has a ``PENDING``, a ``check`` and a ``poll`` of its own."""

import asyncio
import enum

import reactivex as rx
from reactivex import operators as ops

from _operators import last_value_from, poll

PENDING = "pending"


class State(enum.Enum):
    PENDING = 1
    DONE = 2


async def until_done(client, check):
    async def check_once(_):
        state = await client.state(check)
        if check(state):
            return False
        client.count += 1
        return True

    await last_value_from(
        rx.interval(0.5).pipe(
            poll(check_once),
            ops.take_while(lambda pending: pending, inclusive=True),
            ops.last(),
        )
    )
    return client.count


async def until_not_pending(client) -> object:
    state = await last_value_from(
        rx.interval(0.5).pipe(
            poll(lambda _: client.state(None)),
            ops.take_while(
                lambda state: state is State.PENDING or state == PENDING, inclusive=True
            ),
            ops.last(),
        )
    )
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
