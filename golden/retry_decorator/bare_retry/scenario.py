import asyncio

from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    world.fails("dial", 0.5)
    world.fails("ping", 0.5)

    async def dial(host):
        return await world.call("dial", host)

    await subject.connect(dial, "host")
    return await asyncio.to_thread(subject.Session().ping, world.sync_call)
