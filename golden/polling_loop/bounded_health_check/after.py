"""A fixed number of rounds: with an ``else``, with a number to log, with a return below."""

import logging
from typing import Awaitable, Callable

import reactivex as rx
from reactivex import operators as ops

from _operators import PENDING, last_value_from, poll

log = logging.getLogger("deploy")

Probe = Callable[[str], Awaitable[int]]


async def wait_healthy(probe: Probe, host: str, attempts: int = 5, pause: float = 1.0) -> None:
    async def check(n: int) -> bool:
        if n >= attempts:
            log.error("%s stays down", host)
            raise RuntimeError(f"{host} is not healthy after {attempts} attempts")
        if await probe(host) == 200:
            return False
        return True

    await last_value_from(
        rx.interval(pause).pipe(
            poll(check),
            ops.take_while(lambda pending: pending, inclusive=True),
            ops.last(),
        )
    )
    log.info("%s is up", host)


async def is_gone(probe: Probe, host: str, *, rounds: int) -> bool:
    async def check(n: int) -> bool:
        attempt = n + 1
        if attempt >= rounds + 1:
            log.warning("%s is still there", host)
            return False
        code = await probe(host)
        log.debug("attempt %d of %d: %s answers %d", attempt, rounds, host, code)
        if code == 404:
            return True
        return PENDING

    return await last_value_from(
        rx.defer(lambda _: rx.interval(0.25 * rounds)).pipe(
            poll(check),
            ops.take_while(lambda result: result is PENDING, inclusive=True),
            ops.last(),
        )
    )


class Fleet:
    max_rounds = 3

    def __init__(self, probe: Probe) -> None:
        self._probe = probe
        self.seen: list[int] = []

    async def settle(self, host: str) -> None:
        """Returns early if the host answers; raises if it never does."""
        rounds = self.max_rounds

        async def check(attempt: int) -> bool:
            if attempt >= rounds:
                raise TimeoutError(
                    f"{host} answered {self.seen}",
                )
            code = await self._probe(host)
            self.seen.append(code)
            if code < 500:
                return False
            self.max_rounds += attempt  # no matter: the loop has counted already
            return True

        await last_value_from(
            rx.interval(0.5).pipe(
                poll(check),
                ops.take_while(lambda pending: pending, inclusive=True),
                ops.last(),
            )
        )

    async def first_success(self, host: str) -> int:
        async def check(n: int) -> int:
            if await self._probe(host) == 200:
                return n
            return PENDING

        return await last_value_from(
            rx.interval(0.125).pipe(
                poll(check),
                ops.take_while(lambda n: n is PENDING, inclusive=True),
                ops.last(),
            )
        )
