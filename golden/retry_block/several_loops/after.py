from contextlib import suppress

from _operators import (
    RetryError,
    RetryPolicy,
    from_async,
    last_value_from,
    retry_if_exception,
    retry_when,
    stop_after_attempt,
    wait_random,
)


class Sync:
    def __init__(self, io, lock):
        self.io = io
        self.lock = lock
        self.done = []

    async def run(self, names):
        for name in names:
            with suppress(RetryError):
                policy = RetryPolicy(
                    stop=stop_after_attempt(2), wait=wait_random(0.1, 0.2)
                )

                async def attempt():
                    async with self.lock:
                        await self.io("pull", name)

                await last_value_from(from_async(attempt).pipe(retry_when(policy)))
                self.done.append(name)

        policy = RetryPolicy(
            stop=stop_after_attempt(3),
            retry=retry_if_exception(lambda error: not isinstance(error, KeyError)),
            reraise=True,
        )

        async def attempt():
            await self.io("commit", len(self.done))

        await last_value_from(from_async(attempt).pipe(retry_when(policy)))
        return self.done
