from tenacity import AsyncRetrying, retry_if_result, stop_after_attempt


async def breaks(function):
    async for attempt in AsyncRetrying(stop=stop_after_attempt(3)):
        with attempt:
            if await function():
                break


async def goes_on(function):
    async for attempt in AsyncRetrying(stop=stop_after_attempt(3)):
        with attempt:
            if await function():
                continue
            await function()


async def never_asked(function):
    async for attempt in AsyncRetrying(retry=retry_if_result(lambda found: found is None)):
        with attempt:
            return await function()


async def default_at_the_end(function):
    async for attempt in AsyncRetrying(retry_error_callback=lambda state: None):
        with attempt:
            return await function()
    return "default"


async def yields(function):
    async for attempt in AsyncRetrying(stop=stop_after_attempt(3)):
        with attempt:
            yield await function()
