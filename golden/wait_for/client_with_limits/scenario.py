from codemods.verify.world import World


class Session:
    def __init__(self, world: World) -> None:
        self._world = world

    async def get(self, path: str, *, fresh: bool = False) -> str:
        return await self._world.call("get", path, fresh)

    async def close(self) -> None:
        await self._world.call("close")


async def scenario(subject, world: World) -> object:
    world.latency("get", 0.01, 2.5)
    world.fails("get", 0.2, error=[OSError, TimeoutError])
    client = subject.Client(Session(world), world.pick("limit", [None, 1.5, 0.4]))
    paths = [f"p{n}" for n in range(world.choose("paths", 0, 4))]
    found = await client.get_first(paths)
    try:
        return found, await client.get("main")
    finally:
        await client.close()
