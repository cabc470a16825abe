"""Loops that an event ends are for another rule; waits for an event are no sleeps."""

import asyncio
import logging

import reactivex as rx

from _operators import last_value_from

logger = logging.getLogger(__name__)


class Service:
    def __init__(self) -> None:
        self.stopping = asyncio.Event()

    async def run(self, tick) -> int:
        rounds = 0
        while not self.stopping.is_set():
            await tick(rounds)
            rounds += 1
            await last_value_from(rx.timer(0.5))
        return rounds

    async def watch(self, tick) -> None:
        while True:
            if self.stopping.is_set():
                logger.info("stopping")
                break
            await tick("watch")
            await last_value_from(rx.timer(1.25))
