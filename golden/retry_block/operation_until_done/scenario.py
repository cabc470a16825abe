from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    ends = world.choose("ends", 0, 6)
    fails = world.chance("fails", 0.3)

    def answer(call):
        error = "broken" if fails and call.n >= ends else None
        return subject.Operation(call.args[0], call.n >= ends, error)

    world.answers("get", answer)
    world.fails("get", 0.1)

    async def get(name):
        return await world.call("get", name)

    client = subject.Client(get, world.uniform("poll", 0.1, 0.5))
    return await client.finished("op", timeout=world.uniform("timeout", 0.5, 5.0))
