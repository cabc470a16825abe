from codemods.verify.world import World


class Api:
    def __init__(self, world: World) -> None:
        self._world = world

    async def is_current(self, name: str) -> bool:
        return await self._world.call("is_current", name)

    async def switch(self, name: str) -> None:
        await self._world.call("switch", name)


async def scenario(subject, world: World) -> object:
    stale = world.choose("stale", 0, 4)
    world.returns("is_current", lambda n, rng: n >= stale)
    mirror = subject.Mirror(Api(world))
    names = iter(["eu", "us", "asia"][: world.choose("mirrors", 0, 3)])
    match world.pick("what", ["first", "any", "recovered", "files", "changes"]):
        case "first":
            return await mirror.first_current(names)
        case "any":
            return await mirror.until_any(names)
        case "recovered":
            return await mirror.until_recovered("eu")
        case "files":
            return [file async for file in mirror.files("eu", 3)]
    return [change async for change in mirror.changes("eu")]
