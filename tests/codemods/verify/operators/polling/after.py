import reactivex as rx
from _operators import last_value_from, poll, poll_after
from reactivex import operators as ops


async def until_done(check, period):
    return await last_value_from(
        rx.interval(period).pipe(
            poll(lambda _: check()),
            ops.take_while(lambda status: status != "done", inclusive=True),
            ops.last(),
        )
    )


async def until_done_later(check, period):
    return await last_value_from(
        rx.interval(period).pipe(
            poll_after(lambda _: check()),
            ops.take_while(lambda status: status != "done", inclusive=True),
            ops.last(),
        )
    )
