import asyncio

from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    world.fails("pull", 0.4)
    world.fails("commit", 0.4, error=[KeyError, OSError])
    sync = subject.Sync(world.call, asyncio.Lock())
    try:
        return await sync.run([f"name {n}" for n in range(world.choose("names", 0, 3))])
    finally:
        world.note("done", *sync.done)
