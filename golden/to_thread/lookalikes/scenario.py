from types import SimpleNamespace

from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    pool, loop = subject.Pool(), subject.Pool()
    asyncio = SimpleNamespace(to_thread=pool.to_thread)
    result = await subject.compute(lambda n: world.sync_call("compute", n), asyncio, loop, pool)
    return result, pool.given, loop.given
