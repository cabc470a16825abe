from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    for name in ("channel", "publish"):
        world.fails(name, 0.3, error=[OSError, ValueError])
    return await subject.Queue(world.call, world.choose("tries", 1, 4)).publish("hello")
