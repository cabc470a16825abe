"""Check at once, then again a while after each check, until it is done."""

import asyncio


async def until_done(check, period):
    while True:
        status = await check()
        if status == "done":
            return status
        await asyncio.sleep(period)
