"""Wrong: one item a tick, where a burst was allowed."""

import reactivex as rx
from _operators import flat_map, last_value_from
from reactivex import operators as ops


async def send_all(items, rate, period, send):
    ticks = rx.timer(0, period / rate)
    return await last_value_from(
        rx.zip(rx.from_iterable(items), ticks).pipe(
            ops.map(lambda pair: pair[0]), flat_map(send), ops.to_list()
        )
    )
