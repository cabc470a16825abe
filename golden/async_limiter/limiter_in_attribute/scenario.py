import asyncio

from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    rate = world.choose("rate", 1, 6)

    async def fetch(address: str, weight: int) -> dict[str, str]:
        await world.call("fetch", address, weight)
        return {"address": address}

    client = subject.GeocodingClient(fetch, rate, world.uniform("period", 0.2, 3.0))
    world.note("quota", client.quota)

    async def one(number: int) -> dict[str, str]:
        await asyncio.sleep(world.uniform(f"start {number}", 0.0, 2.0))
        weight = world.choose(f"weight {number}", 0, 7)
        if weight < 2:
            return await client.geocode(f"street {number}")
        return await client.geocode_many(f"streets {number}", weight)

    count = world.choose("requests", 0, 12)
    return await asyncio.gather(*map(one, range(count)), return_exceptions=True)
