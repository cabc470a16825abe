import asyncio
from fractions import Fraction

from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    async def send(part: str) -> None:
        await world.call("send", part)

    async def beside(number: int) -> None:
        for turn in range(number):
            await asyncio.sleep(0)
        world.note("beside", number)

    pause = world.pick("pause", [0, 0.0, -1, -0.5, False, 1, True, Fraction(1, 3), 1e-7, 0.4])
    parts = [f"part {n}" for n in range(world.choose("parts", 0, 5))]
    sending = subject.send_slowly(parts, send, pause, lambda text: world.note(text))
    sent, *_ = await asyncio.gather(sending, *map(beside, range(4)))
    return sent
