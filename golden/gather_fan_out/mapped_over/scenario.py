from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    async def call(verb: str, host: str) -> str:
        return await world.call("call", verb, host)

    return await subject.ping_all([f"h{n}" for n in range(world.choose("hosts", 0, 6))], call)
