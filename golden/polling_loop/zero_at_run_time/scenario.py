import asyncio
from fractions import Fraction

from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    queue = [f"item {n}" for n in range(world.choose("items", 0, 6))]

    async def worker() -> None:
        while queue:
            world.note("takes", queue.pop())
            await asyncio.sleep(0)

    what = world.pick("what", [subject.drained, subject.empty, subject.shrinking])
    pause = world.pick("pause", [0, 0.0, -1, True, 0.7, 1e-7, Fraction(1, 3)])
    polled, _ = await asyncio.gather(what(queue, pause), worker())
    await world.call("after", polled)
    return polled
