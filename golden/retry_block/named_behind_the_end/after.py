"""What stands behind an attempt that always returns still names the function's own variables."""

import tenacity

from _operators import (
    RetryPolicy,
    from_async,
    last_value_from,
    retry_when,
    stop_after_attempt,
    wait_fixed,
)

page = "a page of the module"


async def for_the_type_checker(read, name):
    async for attempt in tenacity.AsyncRetrying(stop=tenacity.stop_after_attempt(3), reraise=True):
        with attempt:
            page = await read(name)
            return page
    return page


async def first_of(read, names):
    for name in names:
        async for attempt in tenacity.AsyncRetrying(
            stop=tenacity.stop_after_attempt(3), wait=tenacity.wait_fixed(1)
        ):
            with attempt:
                page = await read(name)
                return page
    return page


async def first_or_none(read, names):
    page = None
    for name in names:
        policy = RetryPolicy(stop=stop_after_attempt(3), wait=wait_fixed(1))

        async def attempt():
            page = await read(name)
            return page

        return await last_value_from(from_async(attempt).pipe(retry_when(policy)))
    return page
