from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    async def f(name: object) -> object:
        return await world.call("f", name)

    return await subject.go(f, world.choose("n", 0, 5))
