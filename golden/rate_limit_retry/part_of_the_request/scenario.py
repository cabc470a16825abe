from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    throttled = [lambda call: subject.TooManyRequests(str(call))]
    world.fails("http", 0.55, error=throttled * 6 + [OSError, KeyError])
    world.fails("tokens", 0.1, error=[*throttled, OSError])

    async def http(url: str, token: str) -> str:
        return await world.call("http", url, token)

    async def tokens() -> str:
        return await world.call("tokens")

    pages, target = subject.Pages(http, tokens), list[str]()
    try:
        match world.pick("what", ["fetch", "exists", "download"]):
            case "fetch":
                return await pages.fetch("u", tries=world.choose("tries", 0, 4))
            case "exists":
                return await pages.exists("u")
        return await pages.download("u", target, world.choose("chunks", 0, 3))
    finally:
        world.note("seen", pages.seen, target)
