from types import SimpleNamespace

from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    async def call(name: str) -> object:
        return await world.call("call", name)

    return await subject.autumn(call, SimpleNamespace(gather=subject.gather))
