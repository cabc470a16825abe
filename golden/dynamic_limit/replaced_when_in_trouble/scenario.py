from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    world.fails("post", 0.3, error=[ConnectionError, ValueError])

    async def post(message: str) -> str:
        return await world.call("post", message)

    wide, narrow = world.choose("wide", 1, 3), world.choose("narrow", 1, 2)
    sender = subject.Sender(post, wide=wide, narrow=narrow)
    first = [f"m{n}" for n in range(world.choose("first", 0, 4))]
    try:
        drained = await sender.drain(first)
        return drained, await sender.drain(["a", "b", "c"]), await subject.Other().wait(post)
    finally:
        world.note("busy", sender.busy)
