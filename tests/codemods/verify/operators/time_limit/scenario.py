"""A call of two parts, fresh or under way for a while, against limits of all kinds."""

import asyncio


async def scenario(subject, world):
    limits = [None, 0, -1.0, world.uniform("limit", 0.01, 3.0)]
    seconds = world.pick("seconds", [*limits, limits[-1], limits[-1]])

    async def fetch():
        return await world.call("parse", await world.call("fetch"))

    try:
        if world.chance("fresh", 0.6):
            forms = [subject.fetch_in_time, subject.fetch_in_a_chain]
            return await world.pick("form", forms)(fetch, seconds)
        task = asyncio.create_task(fetch())
        try:
            await asyncio.sleep(world.uniform("head start", 0.001, 2.0))
            return await subject.finish_in_time(task, seconds)
        finally:
            world.note("task", task.done(), task.cancelled())
            await asyncio.wait([task])
    finally:
        await world.call("after")
