from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    async def read(replica: str) -> str:
        return await world.call("read", replica)

    replicas = [f"replica {n}" for n in range(world.choose("replicas", 0, 6))]
    return await subject.race_replicas(replicas, read)
