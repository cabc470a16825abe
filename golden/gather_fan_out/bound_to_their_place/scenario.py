from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    async def call(verb: str, node: str) -> str:
        return await world.call("call", verb, node)

    visitor = subject.Visitor(call)
    count = world.choose("nodes", 0, 6)
    nodes = [f"n{number}{'#m%d' % number if number % 2 else ''}" for number in range(count)]
    results = [
        await visitor.visit_all(nodes),
        await visitor.visit_marked(nodes),
        await visitor.visit_grouped(nodes, size=2),
    ]
    # An odd number of nodes ends in StopIteration, which a coroutine cannot raise.
    return results, await visitor.visit_in_pairs(nodes)
