from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    def read(path: str) -> object:
        return world.sync_call("read", path)

    async def ask(name: str) -> object:
        return await world.call("ask", name)

    form = world.choose("form", 0, 4)
    names = [f"n{n}" for n in range(world.choose("names", 0, 5))]
    try:
        if form == 0:
            return await subject.digest("one", read, world.pick("limit", [None, 0, 0.3]))
        if form == 1:
            return await subject.digest_without_context("one", read)
        if form == 2:
            return await subject.ask_twice(
                ask, *world.pick("limits", [(0.3, 0.6), (0.6, 0.3), (None, 0)])
            )
        if form == 3:
            return await subject.digest_all(names, read)
        return await subject.ask_all(names, ask)
    finally:
        await world.call("after")
