import asyncio

from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    world.returns("shrink", lambda n, rng: f"picture {rng.randrange(100)}")

    def shrink(picture: str) -> str:
        return world.sync_call("shrink", picture)

    loop = asyncio.get_running_loop()
    bot = subject.Bot(world.pick("loop", [None, loop]))
    pictures = [f"p{n}" for n in range(world.choose("pictures", 0, 4))]
    return (
        await bot.thumbnail("a", shrink),
        await subject.Gallery(bot).show("b", shrink),
        await subject.shrink_all(loop, pictures, shrink),
        await subject.shrink_one("c", shrink, None),
    )
