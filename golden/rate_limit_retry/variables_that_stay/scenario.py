from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    limited = [lambda call: subject.RateLimitError(str(call))]
    world.fails("fetch", 0.6, error=limited * 7 + [OSError])

    async def fetch(url: str, token: str = "") -> object:
        return await world.call("fetch", url, token)

    match world.pick("what", ["behind", "late", "deleted", "changes", "super"]):
        case "behind":
            return await subject.answer_behind(fetch, "u", world.choose("retries", 1, 3))
        case "late":
            later = []
            page = await subject.late_closure(fetch, "u", later)
            return page, [each() for each in later]
        case "deleted":
            return await subject.deleted(fetch, "u")
        case "changes":
            limits = {"start": world.choose("start", 0, 3), "later": world.choose("later", 0, 3)}
            return await subject.limit_that_changes(fetch, "u", limits)
    await world.call("nothing")
    return await subject.Retrying().fetch("u")
