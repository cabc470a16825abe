"""The least a program can do."""


async def scenario(subject, world):
    async def fetch(item):
        return await world.call("fetch", item)

    return await subject.fetch_one(fetch, world.choose("item", 0, 3))
