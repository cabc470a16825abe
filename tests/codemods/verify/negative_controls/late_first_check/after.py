"""Wrong: ``interval`` waits a period before its first tick."""

import asyncio

import reactivex as rx
from reactivex import operators as ops


async def until_done(check, period):
    return await rx.interval(period).pipe(
        ops.map(lambda _: rx.defer(lambda _: rx.from_future(asyncio.ensure_future(check())))),
        ops.merge(max_concurrent=1),
        ops.take_while(lambda status: status != "done", inclusive=True),
        ops.last(),
    )
