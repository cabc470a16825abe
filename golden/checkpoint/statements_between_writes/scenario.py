import asyncio

from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    def rows(call) -> list[str]:
        return [f"{call.args[0]}/{call.rng.randrange(5)}" for _ in range(call.rng.randrange(4))]

    class Remote:
        def __getattr__(self, name: str):
            async def call(*args: object) -> object:
                return await world.call(name, *args)

            return call

    world.answers("read", rows)
    world.answers("read_more", rows)
    return await asyncio.gather(
        subject.ingest(Remote(), Remote(), "b1"),
        subject.ingest_quietly(Remote(), Remote(), "b2"),
        return_exceptions=True,
    )
