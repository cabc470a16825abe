import logging

from _operators import (
    RetryPolicy,
    from_async,
    last_value_from,
    retry_if_exception_type,
    retry_when,
    stop_after_attempt,
    wait_fixed,
)

logger = logging.getLogger("mail")


class Mailer:
    def __init__(self, smtp):
        self._smtp = smtp

    async def send(self, letters):
        sent = 0
        for letter in letters:
            policy = RetryPolicy(
                stop=stop_after_attempt(3),
                wait=wait_fixed(0.5),
                retry=retry_if_exception_type(OSError),
                reraise=True,
            )
            attempt_number = 0

            async def attempt():
                nonlocal attempt_number, sent
                attempt_number += 1
                if attempt_number > 1:
                    logger.info("attempt %d for %s", attempt_number, letter)
                await self._smtp(letter, attempt_number)
                sent += 1

            await last_value_from(from_async(attempt).pipe(retry_when(policy)))
        return sent


def connect(dial):
    policy = RetryPolicy(stop=stop_after_attempt(4), reraise=True)
    attempt_number = 0

    def attempt():
        nonlocal attempt_number
        attempt_number += 1
        return dial(port=2525 + attempt_number)

    return retry_when(policy).run(attempt)
