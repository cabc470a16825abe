from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    world.fails("write", 0.7, error=[subject.ConflictError] * 7 + [OSError])

    async def write(item: str, change: object) -> object:
        return await world.call("write", item, change)

    names = ["reserve", "release", "count", "check", "renew"]
    run = getattr(subject, world.pick("what", names))
    return await run(write, "nails", world.choose("retries", 0, 4))
