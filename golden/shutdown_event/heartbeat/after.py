"""Loops of one line."""

import asyncio

import reactivex as rx
from reactivex import operators as ops

from _operators import (
    EventSubject,
    concat_map,
    forever,
    last_value_from,
    pull_from,
    take_until,
)

closing = EventSubject()


async def beat(number: int) -> None:
    await last_value_from(rx.timer(number))


class Heart:
    def __init__(self, send) -> None:
        self.send = send
        self._closing = EventSubject()

    async def run(self) -> None:
        await last_value_from(
            forever().pipe(
                take_until(self._closing),
                concat_map(lambda _: self.send("beat", interval=2)),
                ops.default_if_empty(),
            )
        )

    async def greet(self, hosts: list[str]) -> None:
        await last_value_from(
            pull_from(hosts).pipe(
                take_until(self._closing),
                concat_map(lambda host: self.send(host)),
                ops.default_if_empty(),
            )
        )

    async def close(self) -> None:
        self._closing.set()


async def count_down(numbers):
    await last_value_from(
        pull_from(numbers).pipe(
            take_until(closing), concat_map(beat), ops.default_if_empty()
        )
    )


async def listen(receive):
    stopped = EventSubject()
    asyncio.get_running_loop().call_later(1.5, stopped.set)
    await last_value_from(
        forever().pipe(
            take_until(stopped), concat_map(lambda _: receive()), ops.default_if_empty()
        )
    )
    return stopped.is_set()
