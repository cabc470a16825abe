import logging

from tenacity import AsyncRetrying, Retrying, retry_if_exception_type, stop_after_attempt, wait_fixed

logger = logging.getLogger("mail")


class Mailer:
    def __init__(self, smtp):
        self._smtp = smtp

    async def send(self, letters):
        sent = 0
        for letter in letters:
            async for attempt in AsyncRetrying(
                stop=stop_after_attempt(3),
                wait=wait_fixed(0.5),
                retry=retry_if_exception_type(OSError),
                reraise=True,
            ):
                with attempt:
                    if attempt.retry_state.attempt_number > 1:
                        logger.info("attempt %d for %s", attempt.retry_state.attempt_number, letter)
                    await self._smtp(letter, attempt.retry_state.attempt_number)
                    sent += 1
        return sent


def connect(dial):
    for attempt in Retrying(stop=stop_after_attempt(4), reraise=True):
        with attempt:
            return dial(port=2525 + attempt.retry_state.attempt_number)
