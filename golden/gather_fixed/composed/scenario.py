from codemods.verify.world import World, WorldOptions

WORLD = WorldOptions(workers=2)


async def scenario(subject, world: World) -> object:
    def read(name: str) -> object:
        return world.sync_call("read", name)

    async def ask(name: str) -> object:
        return await world.call("ask", name)

    dashboard = subject.Dashboard(read, ask)
    limit = world.pick("limit", [None, 0.3, 0.6, 0])
    form = world.choose("form", 0, 2)
    try:
        if form == 0:
            return await dashboard.load(limit)
        if form == 1:
            return await dashboard.load_strictly()
        return await dashboard.load_some(limit)
    finally:
        await world.call("after")
