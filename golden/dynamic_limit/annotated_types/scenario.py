import asyncio

from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    async def request() -> str:
        return await world.call("request")

    client = subject.Client(world.choose("size", 1, 2))
    running = [asyncio.ensure_future(client.call(request)) for _ in range(3)]
    await asyncio.sleep(0.01)
    client.reset(1)
    running += [asyncio.ensure_future(client.call(request)) for _ in range(3)]
    return await asyncio.gather(*running)
