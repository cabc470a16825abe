"""A period that turns out to be zero gives way once; other tasks see each round."""

import reactivex as rx
from reactivex import operators as ops

from _operators import last_value_from, poll, poll_after


async def drained(queue: list[str], pause: float) -> int:
    rounds = 0

    async def check(_: int) -> bool:
        nonlocal rounds
        rounds += 1
        return not (not queue or rounds > 20)

    await last_value_from(
        rx.interval(pause).pipe(
            poll(check),
            ops.take_while(lambda pending: pending, inclusive=True),
            ops.last(),
        )
    )
    return rounds


async def empty(queue, pause):
    await last_value_from(
        rx.interval(pause).pipe(
            poll(), ops.take_while(lambda _: bool(queue), inclusive=True), ops.last()
        )
    )


async def shrinking(queue, pause):
    async def check(_):
        nonlocal pause
        pause -= 0.5
        return bool(queue)

    await last_value_from(
        rx.defer(lambda _: rx.interval(pause)).pipe(
            poll_after(check),
            ops.take_while(lambda pending: pending, inclusive=True),
            ops.last(),
        )
    )
    return pause
