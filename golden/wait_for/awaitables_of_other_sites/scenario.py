from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    async def ask(name: str) -> object:
        return await world.call("ask", name)

    names = [f"n{n}" for n in range(world.choose("names", 0, 5))]
    try:
        slept = await subject.nap(
            world.uniform("seconds", 0, 2), world.pick("limit", [None, 0, 1.0])
        )
        read = await subject.kept(lambda path: world.sync_call("read", path), "p")
        return (
            slept,
            read,
            await subject.all_in_time(names, ask, world.pick("limit", [0.5, 5, None])),
        )
    finally:
        await world.call("after")
