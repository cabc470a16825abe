from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    for name in ("take", "give", "tell"):
        world.fails(name, 0.3, error=[ValueError, LookupError])
    transfer = subject.Transfer(lambda name: world.call(name))
    try:
        return await transfer.run()
    finally:
        world.note("log", *transfer.log)
        await world.call("after")
