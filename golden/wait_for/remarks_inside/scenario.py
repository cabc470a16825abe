from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    async def get(path: str) -> object:
        return await world.call("get", path)

    return (
        await subject.fetch_lazily(get, "a"),
        await subject.fetch_patiently(get, "b"),
        await subject.fetch(get, "c"),
    )
