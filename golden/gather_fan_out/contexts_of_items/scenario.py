from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    world.watch(subject.REQUEST_ID)
    world.watch(subject.DEPTH)

    async def call(*args: object) -> str:
        return await world.call("call", *args)

    handled = await subject.handle_all(world.choose("requests", 0, 6), call)
    return handled, subject.REQUEST_ID.get()
