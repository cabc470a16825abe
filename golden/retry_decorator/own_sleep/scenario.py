import asyncio

from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    world.fails("read", 0.5)
    world.fails("settled", 0.3)
    world.returns("settled", lambda n, rng: None if n < 2 else n)

    class Port:
        def read(self):
            return world.sync_call("read")

        async def settled(self):
            return await world.call("settled")

    scale = subject.Scale(Port())
    if world.chance("weigh", 0.5):
        return await asyncio.to_thread(scale.weigh)
    return await scale.settle()
