from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    def ask(name: str) -> object:
        world.note("asked", name)
        return world.call("ask", name)

    probes = subject.Probes(ask)
    limit = world.pick("limit", [None, 0.3, 0.6, 0])
    early = probes.limited_ask("early", limit)
    world.note("made")
    probe = probes.limited("probe", limit)
    try:
        return await early, await probe, await probes.both(limit)
    finally:
        probe.close()
