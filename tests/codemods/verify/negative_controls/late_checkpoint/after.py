"""Wrong: the checkpoint is started, not awaited, and the next wave begins beside it."""

import asyncio

import reactivex as rx
from reactivex import operators as ops


async def extract(first, save, second):
    return await rx.defer(lambda _: rx.from_future(asyncio.ensure_future(first()))).pipe(
        ops.do_action(lambda found: asyncio.ensure_future(save(found))),
        ops.flat_map(lambda found: rx.from_future(asyncio.ensure_future(second(found)))),
    )
