"""Two calls an item, so that an item is in the middle of its work when another one fails."""


async def scenario(subject, world):
    items = list(range(world.choose("items", 0, 7)))
    limit = world.choose("limit", 1, 4)

    async def fetch(item):
        page = await world.call("fetch", item)
        return await world.call("parse", item, page)

    return await subject.fetch_all(items, limit, fetch)
