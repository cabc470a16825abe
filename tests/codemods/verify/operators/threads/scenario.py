"""More jobs than workers, and a caller that goes on on the loop."""

import asyncio

from codemods.verify.world import WorldOptions

WORLD = WorldOptions(workers=2)


async def scenario(subject, world):
    forms = [subject.digest, subject.digest_in_a_chain, subject.digest_without_context]
    digest = world.pick("form", forms)

    def function(item):
        return world.sync_call("digest", item)

    async def one(item):
        await world.call("open", item)
        return await world.call("store", item, await digest(function, item))

    items = range(world.choose("items", 1, 4))
    try:
        return await asyncio.gather(*[one(item) for item in items])
    finally:
        await world.call("after")
