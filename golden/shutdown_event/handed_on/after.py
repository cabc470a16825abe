"""Events that leave the file: nobody sees what becomes of them."""

import asyncio
import signal

from consumers import Consumer, supervise


class Service:
    def __init__(self) -> None:
        self.stop_event = asyncio.Event()
        self.consumer = Consumer("jobs", stop_event=self.stop_event)

    async def run(self) -> None:
        while not self.stop_event.is_set():
            await self.consumer.step()


def shutdown_event() -> asyncio.Event:
    event = asyncio.Event()
    loop = asyncio.get_event_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, event.set)
    return event


async def main() -> None:
    done = asyncio.Event()
    print("waiting for", done)
    await supervise(done)
    await done.wait()
