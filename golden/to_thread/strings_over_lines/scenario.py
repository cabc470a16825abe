from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    world.returns("run", lambda n, rng: rng.randrange(9))

    def run(query: str, **options: object) -> object:
        return world.sync_call("run", query, **options)

    return await subject.report(run, [])
