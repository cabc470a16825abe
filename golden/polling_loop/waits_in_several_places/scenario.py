from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    ends = world.choose("ends", 0, 6)
    world.returns(
        "ask", lambda n, rng: "done" if n >= ends else rng.choice(["busy", "skip", "wait"])
    )

    async def ask(what: str) -> str:
        return await world.call("ask", what)

    names = ["two_paces", "only_when_busy", "skips", "shares_a_line", "left_alone"]
    return await getattr(subject, world.pick("what", names))(ask)
