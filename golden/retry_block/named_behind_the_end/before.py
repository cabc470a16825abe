"""What stands behind an attempt that always returns still names the function's own variables."""

import tenacity

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
        async for attempt in tenacity.AsyncRetrying(
            stop=tenacity.stop_after_attempt(3), wait=tenacity.wait_fixed(1)
        ):
            with attempt:
                page = await read(name)
                return page
    return page
