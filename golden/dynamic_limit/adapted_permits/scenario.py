import asyncio

from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    async def job(number: int) -> object:
        return await world.call("job", number)

    pool = subject.Pool(world.choose("size", 1, 3))
    boss = subject.Boss(pool)

    async def batch() -> object:
        jobs = [pool.run(job, n) for n in range(world.choose("jobs", 0, 4))]
        return await asyncio.gather(*jobs, subject.guarded(job, 9), subject.guarded(job, 8))

    await batch()
    pool.resize(world.choose("new size", 2, 4))
    await batch()
    pool.grow()
    pool.shrink(2)
    boss.boost()
    return await batch()
