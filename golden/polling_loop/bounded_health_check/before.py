"""A fixed number of rounds: with an ``else``, with a number to log, with a return below."""

import asyncio
import itertools
import logging
from typing import Awaitable, Callable

log = logging.getLogger("deploy")

Probe = Callable[[str], Awaitable[int]]


async def wait_healthy(probe: Probe, host: str, attempts: int = 5, pause: float = 1.0) -> None:
    for _ in range(attempts):
        if await probe(host) == 200:
            break
        await asyncio.sleep(pause)
    else:
        log.error("%s stays down", host)
        raise RuntimeError(f"{host} is not healthy after {attempts} attempts")
    log.info("%s is up", host)


async def is_gone(probe: Probe, host: str, *, rounds: int) -> bool:
    for attempt in range(1, rounds + 1):
        code = await probe(host)
        log.debug("attempt %d of %d: %s answers %d", attempt, rounds, host, code)
        if code == 404:
            return True
        await asyncio.sleep(0.25 * rounds)
    log.warning("%s is still there", host)
    return False


class Fleet:
    max_rounds = 3

    def __init__(self, probe: Probe) -> None:
        self._probe = probe
        self.seen: list[int] = []

    async def settle(self, host: str) -> None:
        """Returns early if the host answers; raises if it never does."""
        for attempt in range(self.max_rounds):
            code = await self._probe(host)
            self.seen.append(code)
            if code < 500:
                return
            self.max_rounds += attempt  # no matter: the loop has counted already
            await asyncio.sleep(0.5)
        raise TimeoutError(
            f"{host} answered {self.seen}",
        )

    async def first_success(self, host: str) -> int:
        for n in itertools.count():
            if await self._probe(host) == 200:
                return n
            await asyncio.sleep(0.125)
