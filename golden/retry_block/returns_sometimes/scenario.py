from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    world.fails("get", 0.5, error=[KeyError, OSError])
    world.fails("acquire", 0.2)
    world.returns("ask", lambda n, rng: rng.choice([None, n]))
    world.fails("ask", 0.3)
    pool = subject.Pool(world.call)

    async def ask():
        return await world.call("ask")

    which = world.pick("which", ["run", "run_or_default", "sometimes", "loops"])
    if which == "sometimes":
        return await subject.returns_sometimes(ask)
    if which == "loops":
        return await subject.loop_in_a_loop(ask)
    return await getattr(pool, which)("key")
