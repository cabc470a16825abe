"""Wrong: ticks that come during a check queue up, and run back to back after it."""

import asyncio

import reactivex as rx
from reactivex import operators as ops


async def until_done(check, period):
    return await rx.timer(0, period).pipe(
        ops.map(lambda _: rx.defer(lambda _: rx.from_future(asyncio.ensure_future(check())))),
        ops.merge(max_concurrent=1),
        ops.take_while(lambda status: status != "done", inclusive=True),
        ops.last(),
    )
