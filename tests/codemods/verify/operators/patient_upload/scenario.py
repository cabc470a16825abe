"""A store that throttles, fails in other ways, or lets things pass."""


async def scenario(subject, world):
    throttled = [lambda call: subject.ThrottledError(str(call))]
    world.fails("upload", 0.7, error=throttled * 5 + [ConnectionError])
    base, cap = world.pick("base", [0.2, 1.0]), world.pick("cap", [0.5, 8.0])

    async def upload(record):
        return await world.call("upload", record)

    form = world.pick("form", ["attempts", "budget", "told"])
    try:
        if form == "attempts":
            attempts = world.choose("attempts", 1, 6)
            return await subject.send("r", upload, attempts, base, cap)
        if form == "budget":
            budget = world.uniform("budget", 0.0, 5.0)
            return await subject.send_within("r", upload, budget, base, cap)
        return await subject.send_as_told("r", upload, world.choose("attempts", 1, 6))
    finally:
        await world.call("after")
