import tenacity
from tenacity import AsyncRetrying, Retrying


class Runner:
    def __init__(self, tries):
        self.retrying = AsyncRetrying(stop=tenacity.stop_after_attempt(tries))

    async def run(self, function):
        return await self.retrying(function)

    async def loop(self, function):
        async for attempt in self.retrying:
            with attempt:
                return await function()


def call(function, *args):
    return Retrying(stop=tenacity.stop_after_attempt(3), reraise=True)(function, *args)


async def kept(function):
    retrying = AsyncRetrying(stop=tenacity.stop_after_attempt(3))
    async for attempt in retrying:
        with attempt:
            await function()
    return retrying.statistics


async def blocking_in_coroutine(function):
    for attempt in Retrying(stop=tenacity.stop_after_attempt(3)):
        with attempt:
            await function()
