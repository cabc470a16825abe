import asyncio
from contextlib import asynccontextmanager

from codemods.verify.world import World, WorldOptions

WORLD = WorldOptions(errors=(ValueError, ConnectionError))


async def scenario(subject, world: World) -> object:
    world.answers("insert", lambda call: call.rng.choice([None, call.rng.randrange(100)]))

    class Session:
        def __init__(self, name: str) -> None:
            self.name = name

        def __getattr__(self, name: str):
            async def call(*args: object, **kwargs: object) -> object:
                return await world.call(name, self.name, *args, **kwargs)

            return call

        async def insert(self, row: str) -> object:
            return await world.call("insert", row)

        @asynccontextmanager
        async def lock(self):
            await world.call("lock", self.name)
            try:
                yield self.name
            finally:
                await world.call("unlock", self.name)

    rows = [f"row {number}" for number in range(world.choose("rows", 0, 4))]
    return await asyncio.gather(
        subject.import_batch(Session("a"), rows),
        subject.import_or_skip(Session("b"), [f"other {row}" for row in rows]),
        return_exceptions=True,
    )
