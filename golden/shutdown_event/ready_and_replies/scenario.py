import asyncio

from codemods.verify.world import WorldOptions

WORLD = WorldOptions(errors=(OSError,))


async def scenario(subject, world):
    async def transport(what):
        return await world.call("transport", what)

    connection = subject.Connection(transport)

    async def one(key):
        timeout = world.uniform(f"timeout {key}", 0.2, 3.0) if world.chance(key, 0.5) else None
        return await connection.request(key, timeout)

    async def replies():
        for key in ("a", "b", "c"):
            await asyncio.sleep(world.uniform(f"reply {key}", 0.0, 2.0))
            connection.on_reply(key, f"reply to {key}")

    opening = connection.open()
    requests = [asyncio.wait_for(one(key), 9) for key in ("a", "b", "c")]
    results = await asyncio.gather(opening, *requests, replies(), return_exceptions=True)
    return results, await connection.wait_closed()
