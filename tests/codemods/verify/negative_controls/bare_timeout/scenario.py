"""Half of the calls take too long."""


async def scenario(subject, world):
    world.latency("fetch", 0.1, 1.9)

    async def fetch():
        return await world.call("fetch")

    return await subject.fetch_soon(fetch, 1.0)
