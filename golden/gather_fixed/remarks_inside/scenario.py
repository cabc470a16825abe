from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    async def server() -> object:
        return await world.call("server")

    async def worker() -> object:
        return await world.call("worker")

    form = world.pick("form", [subject.start, subject.stop, subject.restart])
    return await form(server, worker)
