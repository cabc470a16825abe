"""Conflicts that only a part of the attempt may meet; the same error from elsewhere."""


async def scenario(subject, world):
    conflict = [lambda call: subject.ConflictError(str(call))]
    world.fails("write", 0.7, error=conflict * 5 + [ValueError])
    world.fails("read", 0.15, error=conflict)
    world.fails("log", 0.1, error=conflict)
    world.returns("read", lambda n, rng: rng.choice(["odd", "even", "even", "even"]))

    async def read():
        return await world.call("read")

    async def write(record):
        return await world.call("write", record)

    async def log(attempt):
        return await world.call("log", attempt)

    attempts = world.choose("attempts", 0, 4)
    run = world.pick("run", [subject.reset, subject.claim])
    try:
        return await run(read, write, log, attempts)
    finally:
        await world.call("after")
