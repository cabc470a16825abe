import asyncio

from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    world.fails("job", 0.5)
    function = subject.call if world.chance("call", 0.6) else subject.patient
    return await asyncio.to_thread(function, lambda: world.sync_call("job"))
