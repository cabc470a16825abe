from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    world.latency("get", 0.1, 1.2)

    async def get(path: str) -> object:
        return await world.call("get", path)

    paths = [f"p{n}" for n in range(world.choose("paths", 0, 4))]
    found = await subject.fetch_all(get, paths, timeout=0.3)
    return (
        found,
        await subject.fetch(get, "one", world.pick("timeout", [1.0, 0, -1, None])),
        await subject.ping(get),
    )
