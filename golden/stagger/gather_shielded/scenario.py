from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    async def flush(shard: int) -> int:
        return len(await world.call("flush", shard))

    return await subject.Buffers(flush).flush_all(range(world.choose("shards", 0, 6)))
