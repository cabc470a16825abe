import asyncio

from codemods.verify.world import World, WorldOptions

WORLD = WorldOptions(errors=(OSError, ValueError))


async def scenario(subject, world: World) -> object:
    def names(call) -> list[str]:
        return [".git", *(f"{call.args[0]}/{number}" for number in range(call.rng.randrange(3)))]

    world.answers("ls", names)
    subject.print = lambda *args: world.note("print", *args)

    class Store:
        def __init__(self, name: str) -> None:
            self.name = name

        async def ls(self, path: str) -> list[str]:
            return await world.call("ls", path)

        async def get(self, path: str) -> str:
            return await world.call("get", self.name, path)

        async def put(self, path: str, data: str) -> None:
            await world.call("put", self.name, path, data)

        async def rm(self, path: str) -> None:
            await world.call("rm", self.name, path)

    source, target = Store("source"), Store("target")
    paths = [f"d{number}" for number in range(world.choose("paths", 0, 4))]
    return await asyncio.gather(
        subject.sync_all(source, target, *paths, verbose=world.chance("verbose", 0.5)),
        subject.report(source, "reports"),
        return_exceptions=True,
    )
