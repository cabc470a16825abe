import asyncio

from codemods.verify.world import WorldOptions

WORLD = WorldOptions(errors=(ValueError, OSError))


async def scenario(subject, world):
    count = 0

    async def take():
        nonlocal count
        count += 1
        await world.call("take", count)
        return count if world.chance(f"there {count}", 0.6) else None

    async def store(item):
        return await world.call("store", item)

    drainer = subject.Drainer(take, store)
    handle = asyncio.get_running_loop().call_later(world.uniform("stop", 0.0, 5.0), drainer.stop)
    try:
        empty = await drainer.run()
        tried = await drainer.first_failure(list(range(world.choose("items", 0, 4))))
        await drainer.once(range(3))
    finally:
        handle.cancel()
    return empty, tried, drainer.stored
