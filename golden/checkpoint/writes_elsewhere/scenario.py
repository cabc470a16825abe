import asyncio

from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    class Remote:
        def __init__(self, name: str) -> None:
            self.name = name

        def save_locally(self, found: object) -> None:
            world.note("save_locally", self.name, found)

        def record(self, receipt: object) -> None:
            world.note("record", self.name, receipt)

        def __getattr__(self, name: str):
            async def call(*args: object) -> object:
                return await world.call(name, self.name, *args)

            return call

    keep_log = world.chance("keep log", 0.5)
    return await asyncio.gather(
        subject.deploy(Remote("a"), Remote("a"), "hosts", keep_log=keep_log),
        subject.deploy_twice(Remote("b"), Remote("b"), "hosts"),
        return_exceptions=True,
    )
