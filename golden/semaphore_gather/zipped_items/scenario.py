from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from codemods.verify.world import World


class Pool:
    def __init__(self, world: World) -> None:
        self._world = world
        self._number = 0

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[Callable[[str, str], object]]:
        async def execute(verb: str, what: str) -> str:
            return await self._world.call("execute", verb, what)

        try:
            yield execute
        finally:
            self._world.note("connection back")


async def scenario(subject, world: World) -> object:
    pool = Pool(world)
    count = world.choose("rows", 0, 7)
    sources = [f"s{number}" for number in range(count)]
    targets = [f"t{number}" for number in range(world.choose("targets", 0, 7))]
    await subject.translate(sources, targets, pool, limit=world.choose("limit", 1, 3))
    totals = await subject.count({name: len(name) for name in sources}, pool)
    return totals, await subject.copy([*zip(sources, targets), ("same", "same")], pool)
