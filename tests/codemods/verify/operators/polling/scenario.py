"""A check is two calls; the caller goes on with a call of its own."""


async def scenario(subject, world):
    checks = world.choose("checks", 0, 4)
    period = world.pick("period", [0.1, 1.0])
    world.returns("status", lambda n, rng: "done" if n >= checks else "pending")

    async def check():
        await world.call("login")
        return await world.call("status")

    poll = world.pick("form", [subject.until_done, subject.until_done_later])
    try:
        return await poll(check, period)
    finally:
        await world.call("after")
