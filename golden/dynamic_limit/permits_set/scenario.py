from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    async def job() -> object:
        return await world.call("job")

    pool = subject.Pool(world.choose("size", 1, 3))
    async with pool.lock:
        pool.resize(2)
        await pool.run(job)
    return await subject.module([job] * world.choose("jobs", 0, 4))
