"""Load test, to be thrown away. Ramps users up, 100 ms apart."""
import asyncio as aio
from contextvars import ContextVar

import reactivex as rx
from reactivex import operators as ops

from _operators import flat_map, last_value_from

user = ContextVar("user", default = -1)

async def ramp_up(n, session):
    async def one(i):
        user.set(i)
        return await session(i, user.get())

    return await last_value_from(
        rx.zip(rx.from_iterable(range(n)), rx.timer(0, .1)).pipe(
            ops.starmap(lambda i, _: aio.create_task(one(i), name=f"user-{i}")),
            ops.to_list(),
            ops.flat_map(rx.from_iterable),
            flat_map(lambda task: task),
            ops.to_list(),
        )
    )
