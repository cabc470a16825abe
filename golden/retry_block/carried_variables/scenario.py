from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    subject.TOTAL = 0
    world.fails("pull", 0.4, error=[OSError, LookupError, ValueError])
    world.fails("ask", 0.5, error=[OSError, ValueError])

    async def pull(item):
        return await world.call("pull", item)

    async def ask(mirror):
        return await world.call("ask", mirror)

    count = world.choose("count", 1, 4)
    if world.chance("drain", 0.6):
        return await subject.drain(pull, [f"item {n}" for n in range(count)])
    return await subject.first_of(ask, [f"mirror {n}" for n in range(count)])
