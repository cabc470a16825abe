from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    ends = world.choose("ends", 0, 3)
    world.fails("ask", 0.1)
    world.returns("ask", lambda n, rng: "ready" if n >= ends else "behind")

    async def ask(*what: object) -> str:
        return await world.call("ask", *what)

    match world.pick("what", ["shards", "row", "turns"]):
        case "shards":
            return await subject.all_shards(ask, world.choose("shards", 0, 3))
        case "row":
            return await subject.one_after_the_other(ask)
    return await subject.in_turns(ask)
