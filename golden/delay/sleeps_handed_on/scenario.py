from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    async def work() -> str:
        return await world.call("work")

    return await subject.at_least(work, world.uniform("seconds", 0.01, 2))
