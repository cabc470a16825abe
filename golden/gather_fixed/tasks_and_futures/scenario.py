from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    async def call(name: str) -> object:
        return await world.call("call", name)

    form = world.pick("form", [subject.both, subject.in_order])
    try:
        return await form(call, lambda text: world.note(text))
    finally:
        await world.call("after")
