"""Wrong: a throttle drops what comes too soon."""

import reactivex as rx
from _operators import flat_map, last_value_from
from reactivex import operators as ops


async def send_all(items, rate, period, send):
    return await last_value_from(
        rx.from_iterable(items).pipe(
            ops.throttle_first(period / rate), flat_map(send), ops.to_list()
        )
    )
