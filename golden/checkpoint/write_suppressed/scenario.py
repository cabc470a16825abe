import asyncio

from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    class Remote:
        def __init__(self, name: str) -> None:
            self.name = name

        def __getattr__(self, name: str):
            async def call(*args: object) -> object:
                return await world.call(name, self.name, *args)

            return call

    return await asyncio.gather(
        subject.publish(Remote("a"), Remote("a"), "items"),
        subject.publish_fast(Remote("b"), Remote("b"), "items"),
        return_exceptions=True,
    )
