import asyncio


async def until_done(check, period):
    while True:
        status = await check()
        if status == "done":
            return status
        await asyncio.sleep(period)


async def until_done_later(check, period):
    while True:
        await asyncio.sleep(period)
        status = await check()
        if status == "done":
            return status
