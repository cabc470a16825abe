from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    limited = [lambda call: subject.RateLimitError(str(call))]
    world.fails("fetch", 0.6, error=limited * 7 + [OSError])
    world.returns("fetch", lambda n, rng: rng.choice(["page", "page", ""]))

    async def fetch(url: str) -> object:
        return await world.call("fetch", url)

    match world.pick("what", ["pages", "enough", "else", "steps"]):
        case "pages":
            return await subject.pages(fetch, ["a", "b"])
        case "enough":
            return await subject.enough(fetch, "u", world.choose("budget", 1, 4))
        case "else":
            return await subject.counted_from_else(fetch, "u", world.choose("retries", 0, 3))
    return await subject.steps(fetch, "u")
