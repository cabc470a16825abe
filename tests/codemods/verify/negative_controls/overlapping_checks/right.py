"""The same loop with its condition in another place."""

import asyncio


async def until_done(check, period):
    status = await check()
    while status != "done":
        await asyncio.sleep(period)
        status = await check()
    return status
