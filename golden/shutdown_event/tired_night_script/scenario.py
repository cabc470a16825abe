"""A night: handlers fire at some time, some calls fail, some take long."""

import asyncio

from codemods.verify.world import WorldOptions

WORLD = WorldOptions(errors=(OSError, ValueError))


async def scenario(subject, world):
    async def api(what, *args):
        await world.call(what, *args)
        return "busy" if world.chance(f"busy {what} {args}", 0.5) else what

    loop = asyncio.get_running_loop()
    handle = loop.call_later(world.uniform("stop", 0.0, 6.0), subject.STOP.set)
    try:
        return await subject.night(api, list("abc")[: world.choose("shelves", 0, 3)]), subject.stats
    finally:
        handle.cancel()
