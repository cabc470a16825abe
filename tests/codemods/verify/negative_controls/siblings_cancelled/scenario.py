"""Calls fail in two thirds of the worlds; what the siblings do afterwards is in the trace."""

from codemods.verify.world import WorldOptions

# Only what this control is about: other controls are about the rest.
WORLD = WorldOptions(cancellations=0, contextvars=False)


async def scenario(subject, world):
    items = list(range(world.choose("items", 0, 6)))

    async def fetch(item):
        page = await world.call("fetch", item)
        return await world.call("parse", item, page)

    return await subject.fetch_all(items, fetch)
