import asyncio
import time

import tenacity as t

TRIES = 3


class Scale:
    """A scale on a serial port."""

    def __init__(self, port):
        self.port = port

    @t.retry(sleep=time.sleep, stop=t.stop_after_attempt(TRIES), wait=t.wait_fixed(0.5), reraise=True)
    def weigh(self):
        return self.port.read()

    @t.retry(
        sleep=asyncio.sleep,
        stop=t.stop_after_attempt(TRIES),
        wait=lambda state: 0.1 * state.attempt_number,
        retry=lambda state: state.outcome.failed or state.outcome.result() is None,
    )
    async def settle(self):
        return await self.port.settled()
