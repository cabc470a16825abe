import asyncio

from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    async def fetch(name: object) -> str:
        return await world.call("fetch", name)

    names = [f"n{number}" for number in range(world.choose("names", 0, 4))]
    return await asyncio.gather(
        subject.load(fetch, names),
        subject.load_quickly(fetch, "quick"),
        return_exceptions=True,
    )
