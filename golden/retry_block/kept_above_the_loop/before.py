import logging

from tenacity import (
    AsyncRetrying,
    before_log,
    retry_if_not_exception_type,
    stop_after_attempt,
    wait_random_exponential,
)

logger = logging.getLogger("queue")


class Queue:
    def __init__(self, io, tries):
        self.io = io
        self.tries = tries

    async def publish(self, message):
        # The broker restarts every night.
        retryer = AsyncRetrying(
            stop=stop_after_attempt(self.tries),
            wait=wait_random_exponential(multiplier=0.2, max=2),  # seconds
            retry=retry_if_not_exception_type(ValueError),
            before=before_log(logger, logging.INFO),
            reraise=True,
        )
        body = await self.io("encode", message)

        # Each attempt has a channel of its own.
        async for attempt in retryer:
            with attempt:
                channel = await self.io("channel", attempt.retry_state.attempt_number)
                receipt = await self.io("publish", channel, body)
        return receipt
