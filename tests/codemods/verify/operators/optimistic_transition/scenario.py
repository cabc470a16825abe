"""Conflicts, other errors, and a caller that goes on."""


async def scenario(subject, world):
    base = world.pick("base", [0.1, 0.5])
    world.fails(
        "write", 0.6, error=[lambda call: subject.ConflictError(str(call))] * 4 + [ValueError]
    )
    world.fails("read", 0.1)

    async def read():
        return await world.call("read")

    async def write(record):
        return await world.call("write")

    try:
        if world.chance("patient", 0.3):
            return await subject.move_whatever_it_takes(read, write, base, 2.0)
        attempts = world.choose("attempts", 1, 6)
        return await subject.move(read, write, attempts, base, 1.5)
    finally:
        await world.call("after")
