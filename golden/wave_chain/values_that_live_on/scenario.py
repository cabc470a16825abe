import asyncio

from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    class Workspace:
        def __init__(self, path: str) -> None:
            self.path = path

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

        unpack_stage_2 = unpack

    names = [f"n{number}" for number in range(world.choose("names", 0, 2))]
    calls = [
        subject.convert(Tools("a"), names),
        subject.convert_and_return(Tools("b"), names),
        subject.convert_if_any(Tools("c"), names),
        subject.convert_and_drop(Tools("d"), names),
    ]
    results = await asyncio.gather(*calls, return_exceptions=True)
    return [type(each).__name__ if isinstance(each, Exception) else each for each in results]
