"""A variable of the caller must be seen in the workers."""

from contextvars import ContextVar

REQUEST = ContextVar("REQUEST")


async def scenario(subject, world):
    world.watch(REQUEST)
    REQUEST.set("r-1")
    items = list(range(world.choose("items", 0, 9)))

    def digest(item):
        return world.sync_call("digest", item)

    return await subject.hash_all(items, digest)
