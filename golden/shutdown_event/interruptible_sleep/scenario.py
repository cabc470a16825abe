import asyncio

from codemods.verify.world import WorldOptions

WORLD = WorldOptions(errors=(ValueError, OSError))


async def scenario(subject, world):
    async def refresh(number):
        return await world.call("refresh", number)

    refresher = subject.Refresher(refresh, world.uniform("interval", 0.5, 3.0))
    refresher.start()
    watching = asyncio.create_task(refresher.watch())
    await asyncio.sleep(world.uniform("stop", 0.0, 9.0))
    try:
        await refresher.stop()
    finally:
        seen = await watching
    return refresher.rounds, seen
