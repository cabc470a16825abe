from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    ends = world.choose("ends", 0, 5)
    world.fails("ask", 0.3, error=[ConnectionError, ValueError])
    world.returns("ask", lambda n, rng: "done" if n >= ends else rng.choice(["busy", "over"]))

    async def ask(what: object) -> str:
        return await world.call("ask", what)

    what = world.pick("what", ["stale", "two", "late", "unbound", "forgotten", "counted", "ways"])
    match what:
        case "stale":
            return await subject.stale(ask)
        case "two":
            return await subject.two_results(ask)
        case "late":
            return await subject.late_binding(ask)
        case "unbound":
            return await subject.maybe_unbound(ask, world.chance("verbose", 0.7))
        case "forgotten":
            return await subject.forgotten(ask) if ends == 0 else None
        case "counted":
            return await subject.counted(ask)
    return await subject.two_ways_out(ask)
