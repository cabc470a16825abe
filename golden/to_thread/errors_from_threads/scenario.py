from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    world.fails("connect", 0.5, error=[KeyError, OSError, ValueError, SystemError])
    world.fails("close", 0.3, error=[OSError, LookupError])
    sessions = subject.Sessions(
        lambda name: world.sync_call("connect", name),
        lambda session: world.sync_call("close", session),
    )

    async def work(session: object) -> object:
        return await world.call("work", session)

    await sessions.close_quietly("stale")
    return await sessions.use("main", work)
