"""Loops that an event ends are for another rule; waits for an event are no sleeps."""

import logging

import reactivex as rx
from reactivex import operators as ops

from _operators import EventSubject, concat_map, forever, last_value_from, take_until

logger = logging.getLogger(__name__)


class Service:
    def __init__(self) -> None:
        self.stopping = EventSubject()

    async def run(self, tick) -> int:
        rounds = 0

        async def one_round(_: int) -> None:
            nonlocal rounds
            await tick(rounds)
            rounds += 1
            await last_value_from(rx.timer(0.5))

        await last_value_from(
            forever().pipe(
                take_until(self.stopping), concat_map(one_round), ops.default_if_empty()
            )
        )
        return rounds

    async def watch(self, tick) -> None:
        async def one_round(_: int) -> None:
            await tick("watch")
            await last_value_from(rx.timer(1.25))

        await last_value_from(
            forever().pipe(
                take_until(self.stopping), concat_map(one_round), ops.default_if_empty()
            )
        )
        logger.info("stopping")
