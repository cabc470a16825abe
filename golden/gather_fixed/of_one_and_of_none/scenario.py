from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    try:
        return await subject.page("u", lambda *args: world.call("load", *args))
    finally:
        await world.call("after")
