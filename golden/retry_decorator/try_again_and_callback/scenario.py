from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    world.answers("status", lambda call: "done" if call.n > 2 else "running")
    world.fails("status", 0.3, error=[ConnectionError, TimeoutError, KeyError])

    async def status(job):
        return await world.call("status", job)

    run = world.pick("run", [subject.finished, subject.confirmed, subject.report])
    return await run(status, 7)
