from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    code = world.pick("code", [200, 404, 503])
    ends = world.choose("ends", 0, 6)
    world.fails("probe", 0.1, error=[ConnectionError, TimeoutError])
    world.returns("probe", lambda n, rng: code if n >= ends else rng.choice([500, 503]))

    async def probe(host: str) -> int:
        return await world.call("probe", host)

    rounds = world.choose("rounds", 0, 5)
    fleet = subject.Fleet(probe)
    match world.pick("what", ["healthy", "gone", "settle", "first"]):
        case "healthy":
            return await subject.wait_healthy(probe, "web-1", rounds, world.uniform("p", 0.2, 2.0))
        case "gone":
            return await subject.is_gone(probe, "web-2", rounds=rounds)
        case "settle":
            await fleet.settle("web-3")
            return fleet.seen, fleet.max_rounds
    return await fleet.first_success("web-4") if code == 200 else None
