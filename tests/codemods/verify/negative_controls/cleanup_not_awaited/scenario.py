"""Cancelled calls take time to end. Context variables are another control's business."""

from codemods.verify.world import WorldOptions

WORLD = WorldOptions(cleanup=(0.1, 1.0), contextvars=False)


async def scenario(subject, world):
    async def fetch(item):
        return await world.call("fetch", item)

    return await subject.fetch_one(fetch, world.choose("item", 0, 3))
