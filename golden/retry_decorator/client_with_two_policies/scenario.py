import asyncio

from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    world.fails("fetch", 0.4)
    world.fails("quote", 0.4, error=[subject.GatewayError, ConnectionError, ValueError])

    def fetch(sku, currency):
        return world.sync_call("fetch", sku, currency)

    async def quote(sku, pieces, price):
        return await world.call("quote", sku, pieces, price)

    client = subject.PriceClient(fetch, quote)
    orders = range(world.choose("orders", 1, 3))
    try:
        return await asyncio.gather(*[client.quote(f"sku {n}", n) for n in orders])
    finally:
        world.note("requests", client.requests)
