"""Other things that are called ``sleep``; one of them is the real one."""

import asyncio as clockwork
import time
from asyncio import sleep as real
from types import SimpleNamespace


async def sleep(nights: int) -> None:
    """Set by the front desk."""
    raise NotImplementedError(nights)


class Guest:
    def __init__(self, nights: int) -> None:
        self.nights = nights

    async def sleep(self, nights: int) -> int:
        self.nights -= nights
        return self.nights


async def stay(guest: Guest, asyncio: SimpleNamespace) -> int:
    await sleep(guest.nights)
    await guest.sleep(1)
    await asyncio.sleep(2)
    time.sleep(0.001)

    async def real_one(sleep=real):
        await sleep(3)

    async def shadowed():
        async def real(nights: int) -> int:
            return nights

        return await real(4)

    await clockwork.sleep(0.5)
    await real_one()
    return await shadowed()
