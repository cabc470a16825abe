import logging

from _operators import (
    RetryPolicy,
    before_log,
    from_async,
    last_value_from,
    retry_if_not_exception_type,
    retry_when,
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
        retryer = RetryPolicy(
            stop=stop_after_attempt(self.tries),
            wait=wait_random_exponential(multiplier=0.2, maximum=2),  # seconds
            retry=retry_if_not_exception_type(ValueError),
            before=before_log(logger, logging.INFO),
            reraise=True,
        )
        body = await self.io("encode", message)

        # Each attempt has a channel of its own.
        attempt_number = 0

        async def attempt():
            nonlocal attempt_number
            attempt_number += 1
            channel = await self.io("channel", attempt_number)
            return await self.io("publish", channel, body)

        receipt = await last_value_from(from_async(attempt).pipe(retry_when(retryer)))
        return receipt
