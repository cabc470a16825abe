"""Errors, timeouts and cleanups of what is limited come through as they are."""

import asyncio

from _operators import from_async, from_awaitable, last_value_from, timeout


class SlowDown(TimeoutError):
    pass


async def careful(call, log):
    try:
        return await call("careful")
    except asyncio.CancelledError:
        log.append("cancelled")
        await call("cleanup")
        log.append("cleaned")
        raise
    finally:
        log.append("left")


async def stubborn(call):
    try:
        return await call("stubborn")
    except asyncio.CancelledError:
        return "answered all the same"


async def hasty(call):
    await call("hasty")
    raise SlowDown("its own")


async def run(call, limit, log):
    for each in (careful(call, log), stubborn(call), hasty(call)):
        try:
            log.append(await last_value_from(from_awaitable(each).pipe(timeout(limit))))
        except TimeoutError as error:
            log.append(
                (type(error).__name__, error.args, type(error.__cause__).__name__)
            )
        except Exception as error:
            log.append(str(error))
    async with asyncio.timeout(3):
        log.append(
            await last_value_from(from_async(careful, call, log).pipe(timeout(limit)))
        )
    return log
