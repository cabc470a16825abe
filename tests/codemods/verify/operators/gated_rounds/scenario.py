"""A gate that opens and shuts while steps are under way, items that come late or fail to."""

import asyncio


async def scenario(subject, world):
    stop = asyncio.Event()
    length = world.choose("items", 0, 6)
    bad = world.choose("bad item", 0, 12)

    def items():
        for number in range(length):
            world.note("taken", number, stop.is_set())
            if number == bad:
                raise LookupError(number)
            yield number

    async def step(item):
        if world.chance(f"at once {world.choose('style', 0, 3)}", 0.2):
            await asyncio.sleep(0.01)
            return None
        if world.chance("stops itself", 0.1):
            stop.set()
        return await world.call("step", item)

    async def stopper():
        await asyncio.sleep(world.uniform("stop", 0.0, 2.0))
        stop.set()
        if world.chance("reopened", 0.4):
            await asyncio.sleep(world.uniform("reopen", 0.0, 0.5))
            stop.clear()
            await asyncio.sleep(1.0)
            stop.set()

    stopping = asyncio.create_task(stopper())
    try:
        await subject.for_each(items(), stop, step)
        world.note("through", stop.is_set())
        await subject.until_stopped(stop, step)
    finally:
        stopping.cancel()
    return stop.is_set()
