"""Writes fail so often that the budget runs out in some worlds."""


async def scenario(subject, world):
    failures = world.choose("failures", 0, 5)
    world.fails("write", 0.0, first=failures, error=ConnectionError)
    world.fails("read", 0.0)

    async def read():
        return await world.call("read")

    async def write(record):
        return await world.call("write", record)

    return await subject.store(read, write, world.choose("attempts", 1, 4))
