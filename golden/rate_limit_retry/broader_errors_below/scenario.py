from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    limited = [subject.RateLimitError, subject.VersionConflictError]
    world.fails("send", 0.6, error=[*limited * 3, subject.ApiError, OSError])

    async def send(note: str) -> str:
        return await world.call("send", note)

    send_all = world.pick("how", [subject.logged, subject.given_up, subject.merged])
    return await send_all(send, "n")
