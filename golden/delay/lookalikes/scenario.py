from types import SimpleNamespace

from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    async def sleep(nights: int) -> None:
        await world.call("sleep", nights)

    subject.sleep = sleep
    return await subject.stay(
        subject.Guest(world.choose("nights", 1, 7)), SimpleNamespace(sleep=sleep)
    )
