"""Wrong: each tick starts a check, whether or not the one before it has ended."""

import asyncio

import reactivex as rx
from reactivex import operators as ops


async def until_done(check, period):
    return await rx.timer(0, period).pipe(
        ops.flat_map(lambda _: rx.from_future(asyncio.ensure_future(check()))),
        ops.take_while(lambda status: status != "done", inclusive=True),
        ops.last(),
    )
