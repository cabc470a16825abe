import asyncio

from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    async def request(address: str) -> str:
        return await world.call("request", address)

    client = subject.GeocodingClient(request, world.choose("limit", 1, 3))
    addresses = [f"street {number}" for number in range(world.choose("addresses", 0, 6))]
    patience = world.uniform("patience", 0.1, 3.0)
    found = await asyncio.gather(
        client.geocode_all(addresses),
        client.try_geocode("late", patience),
        client.geocode_all([f"{address} B" for address in addresses[:2]]),
        return_exceptions=True,
    )
    return found, client.busy
