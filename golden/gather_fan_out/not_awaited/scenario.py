from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    async def call(name: str) -> object:
        return await world.call("call", name)

    names = [f"n{n}" for n in range(world.choose("names", 0, 5))]
    form = world.pick("form", [subject.in_time, subject.shielded, subject.twice])
    try:
        return await form(names, call)
    finally:
        await world.call("after")
