from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    log: list[object] = []
    try:
        return await subject.run(
            lambda name: world.call(name), world.pick("limit", [0.2, 0.5, 1.0, 0]), log
        )
    finally:
        world.note("log", *log)
