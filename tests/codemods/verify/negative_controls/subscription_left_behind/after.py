"""Wrong: the interval goes on after the answer has come."""

import asyncio

import reactivex as rx
from reactivex.scheduler.eventloop import AsyncIOScheduler


async def until_done(check, period):
    rx.interval(10.0).subscribe(scheduler=AsyncIOScheduler(asyncio.get_running_loop()))
    status = await check()
    while status != "done":
        await asyncio.sleep(period)
        status = await check()
    return status
