from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    world.returns("ask", lambda n, rng: rng.randrange(10))

    def clock(what: object) -> float:
        world.note("clock", what)
        return 0.125

    async def ask(name: object) -> object:
        return await world.call("ask", name)

    poller = subject.Poller(ask, clock)
    names = [f"n{n}" for n in range(world.choose("names", 0, 3))]
    return await poller.run_for(names, 0.5), await poller.run(names), poller.budget
