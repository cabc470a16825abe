"""Loops that check nothing: only an exception, a cancellation or a flag from outside ends them."""

import asyncio
import logging

import reactivex as rx

from _operators import last_value_from

logger = logging.getLogger(__name__)


class Agent:
    def __init__(self, link, interval: float = 1.0) -> None:
        self.link = link
        self.interval = interval
        self.running = True
        self.restarting = False

    async def heartbeat(self) -> None:
        while True:
            await self.link.beat()
            await last_value_from(rx.timer(self.interval))

    async def flush_forever(self) -> None:
        """A worker: the flag is set by ``stop``, no round looks for anything."""
        while self.running:
            await self.link.flush()
            await last_value_from(rx.timer(self.interval))

    async def listen(self) -> None:
        while True:
            try:
                message = await self.link.receive()
            except ConnectionError:
                logger.info("closed")
                break
            logger.info("got %s", message)
            await last_value_from(rx.timer(0.1))

    async def spin(self) -> None:
        while self.restarting:
            await asyncio.sleep(0)
