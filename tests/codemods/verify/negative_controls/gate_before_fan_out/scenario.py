"""The stop comes while uploads are in flight and others wait."""

import asyncio

from codemods.verify.world import WorldOptions

WORLD = WorldOptions(max_failure_rate=0, cancellations=0)


async def scenario(subject, world):
    items = list(range(world.choose("items", 0, 8)))
    stop = asyncio.Event()
    asyncio.get_running_loop().call_later(world.uniform("stop", 0.1, 3.0), stop.set)

    async def upload(item):
        return await world.call("upload", item)

    return await subject.upload_all(items, world.choose("limit", 1, 3), upload, stop)
