from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    world.watch(subject.ROUND)
    world.answers("ask", lambda call: call.rng.randrange(100))

    async def ask(node: str, term: int) -> int:
        return await world.call("ask", node, term)

    nodes = [f"node-{number}" for number in range(world.choose("nodes", 0, 6))]
    try:
        return await subject.elect(nodes, ask, quorum=world.choose("quorum", 0, 5))
    finally:
        world.note("round", subject.ROUND.get())
