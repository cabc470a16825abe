from tenacity import AsyncRetrying, TryAgain, retry_if_result


async def counted(function, attempts=0):
    async for attempt in AsyncRetrying():
        attempts += 1
        with attempt:
            await function()


async def after(function, log):
    async for attempt in AsyncRetrying():
        with attempt:
            await function()
        log(attempt.retry_state.outcome)


async def numbered(function):
    async for attempt in AsyncRetrying():
        with attempt:
            await function(attempt.retry_state.idle_for)


async def always_set(function):
    async for attempt in AsyncRetrying(retry=retry_if_result(bool)):
        with attempt:
            found = await function()
        attempt.retry_state.set_result(found)


async def with_else(function):
    async for attempt in AsyncRetrying():
        with attempt:
            await function()
    else:
        return 1


async def helper(state):
    if state == "running":
        raise TryAgain
