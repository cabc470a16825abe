import asyncio
import time

from _operators import RetryPolicy, retry_when, stop_after_attempt, wait_fixed

TRIES = 3


class Scale:
    """A scale on a serial port."""

    def __init__(self, port):
        self.port = port

    @retry_when(
        RetryPolicy(
            sleep=time.sleep,
            stop=stop_after_attempt(TRIES),
            wait=wait_fixed(0.5),
            reraise=True,
        )
    )
    def weigh(self):
        return self.port.read()

    @retry_when(
        RetryPolicy(
            sleep=asyncio.sleep,
            stop=stop_after_attempt(TRIES),
            wait=lambda state: 0.1 * state.attempt_number,
            retry=lambda state: state.outcome.failed or state.outcome.result() is None,
        )
    )
    async def settle(self):
        return await self.port.settled()
