import asyncio

from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    def links(call) -> list[str]:
        count = call.rng.randrange(1, 4)
        return [f"{call.args[0]}.{number}" for number in range(count)]

    world.answers("fetch", links)

    async def fetch(address: str) -> list[str]:
        return await world.call("fetch", address)

    roots = [f"r{number}" for number in range(world.choose("roots", 0, 3))]
    return await asyncio.gather(
        subject.build_index(roots, fetch, world.choose("limit", 0, 4)),
        subject.crawl_deeper("deep", fetch),
        return_exceptions=True,
    )
