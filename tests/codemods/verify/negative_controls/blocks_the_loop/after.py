"""Wrong: blocking work on the loop."""


async def hash_all(items, digest):
    return [digest(item) for item in items]
