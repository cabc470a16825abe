from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    async def valve(what: str) -> str:
        return await world.call("valve", what)

    return await subject.Pump(valve).run(world.choose("count", 0, 7))
