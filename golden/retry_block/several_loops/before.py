from contextlib import suppress

from tenacity import AsyncRetrying, RetryError, retry_if_exception, stop_after_attempt, wait_random


class Sync:
    def __init__(self, io, lock):
        self.io = io
        self.lock = lock
        self.done = []

    async def run(self, names):
        for name in names:
            with suppress(RetryError):
                async for attempt in AsyncRetrying(
                    stop=stop_after_attempt(2), wait=wait_random(0.1, 0.2)
                ):
                    with attempt:
                        async with self.lock:
                            await self.io("pull", name)
                self.done.append(name)

        async for attempt in AsyncRetrying(
            stop=stop_after_attempt(3),
            retry=retry_if_exception(lambda error: not isinstance(error, KeyError)),
            reraise=True,
        ):
            with attempt:
                await self.io("commit", len(self.done))
        return self.done
