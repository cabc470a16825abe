"""``map`` instead of a comprehension."""

from functools import partial

import reactivex as rx
from reactivex import operators as ops

from _operators import flat_map, last_value_from


async def ping(host, call):
    return await call("ping", host)


async def ping_all(hosts, call):
    ping_one = partial(ping, call=call)
    up = await last_value_from(
        rx.from_iterable(hosts).pipe(
            flat_map(ping_one, return_exceptions=True), ops.to_list()
        )
    )
    await last_value_from(
        rx.from_iterable(map(call, hosts, reversed(hosts))).pipe(
            flat_map(lambda task: task), ops.to_list()
        )
    )
    await last_value_from(
        rx.from_iterable(map(partial(call, "bye"), hosts)).pipe(
            flat_map(lambda task: task), ops.to_list()
        )
    )
    return up
