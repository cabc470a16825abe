"""The caller goes on after the fan-out, and sees which context it is in."""


async def scenario(subject, world):
    items = list(range(world.choose("items", 0, 8)))
    limit = world.choose("limit", 1, 4)

    async def fetch(item):
        page = await world.call("fetch", item)
        try:
            return await world.call("parse", item, page)
        finally:
            if world.chance(f"cleans up {item}", 0.3):
                await world.call("close", item)

    try:
        return await subject.fetch_all(items, limit, fetch)
    finally:
        await world.call("after")
