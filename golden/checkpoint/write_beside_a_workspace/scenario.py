import asyncio

from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    class Workspace:
        def __init__(self, path: str) -> None:
            self.path = path

        def close(self) -> None:
            world.note("closed", self.path)

        def __del__(self) -> None:
            world.note("removed", self.path)

    class Tools:
        def __init__(self, name: str) -> None:
            self.name = name

        def make_workspace(self, size: int) -> Workspace:
            return Workspace(f"/tmp/{self.name}-{size}")

        async def fetch(self, names: list[str]) -> list[str]:
            return [await world.call("fetch", self.name, name) for name in names]

        async def unpack(self, found: list[str], path: str) -> list[str]:
            return [await world.call("unpack", self.name, each, path) for each in found]

        async def save_path(self, path: str) -> None:
            await world.call("save_path", path)

    names = [f"n{number}" for number in range(world.choose("names", 0, 2))]
    calls = [
        subject.index(Tools("a"), Tools("a"), names),
        subject.index_and_close(Tools("b"), Tools("b"), names),
    ]
    results = await asyncio.gather(*calls, return_exceptions=True)
    return [type(each).__name__ if isinstance(each, Exception) else each for each in results]
