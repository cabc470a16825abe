"""Two calls an item, so that an item is in the middle of its work when another one fails."""

from codemods.verify.world import WorldOptions

# Only what this control is about: other controls are about the rest.
WORLD = WorldOptions(cancellations=0, contextvars=False)


async def scenario(subject, world):
    items = list(range(world.choose("items", 0, 7)))
    limit = world.choose("limit", 1, 4)

    async def fetch(item):
        page = await world.call("fetch", item)
        return await world.call("parse", item, page)

    return await subject.fetch_all(items, limit, fetch)
