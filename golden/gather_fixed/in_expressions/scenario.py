from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    world.returns("ask", lambda n, rng: rng.randrange(3))
    names = [f"n{n}" for n in range(world.choose("names", 0, 4))]
    return await subject.report(lambda name: world.call("ask", name), names)
