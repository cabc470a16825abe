import asyncio

from codemods.verify.world import World


class Closable:
    def __init__(self, world: World, name: str) -> None:
        self._world = world
        self._name = name

    async def close(self) -> object:
        return await self._world.call("close", self._name)


async def scenario(subject, world: World) -> object:
    pool, cache = Closable(world, "pool"), Closable(world, "cache")
    listener = asyncio.create_task(world.call("listen"))
    try:
        if world.chance("cancelled", 0.3):
            listener.cancel()
        closed = await subject.close_all(pool, cache, listener, world.chance("strict", 0.3))
        return (
            closed,
            await subject.close_two(pool, cache),
            await subject.close_strictly(pool, cache),
        )
    finally:
        listener.cancel()
        await asyncio.wait([listener])
        await world.call("after")
