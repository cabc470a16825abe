from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    world.fails("write", 0.7, error=[subject.ConflictError] * 7 + [OSError])

    async def write(job: str) -> object:
        return await world.call("write", job)

    run = getattr(subject, world.pick("what", ["claim", "finish", "abandon", "restart"]))
    return await run(write, "job-1", world.choose("limit", -1, 4))
