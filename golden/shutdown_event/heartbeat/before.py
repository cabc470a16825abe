"""Loops of one line."""

import asyncio

closing = asyncio.Event()


async def beat(number: int) -> None:
    await asyncio.sleep(number)


class Heart:
    def __init__(self, send) -> None:
        self.send = send
        self._closing = asyncio.Event()

    async def run(self) -> None:
        while not self._closing.is_set():
            await self.send("beat", interval=2)

    async def greet(self, hosts: list[str]) -> None:
        for host in hosts:
            if self._closing.is_set():
                return
            await self.send(host)

    async def close(self) -> None:
        self._closing.set()


async def count_down(numbers):
    for number in numbers:
        if closing.is_set():
            break
        await beat(number)


async def listen(receive):
    stopped = asyncio.Event()
    asyncio.get_running_loop().call_later(1.5, stopped.set)
    while not stopped.is_set():
        await receive()
    return stopped.is_set()
