from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    world.answers("load", lambda call: call.rng.randrange(100))

    class Cluster:
        async def load(self, shard: str) -> int:
            return await world.call("load", shard)

        async def move(self, shard: str) -> str:
            return await world.call("move", shard)

    class Ledger:
        async def write_plan(self, plan: dict, overwrite: bool = False) -> None:
            await world.call("write_plan", dict(plan), overwrite)

        async def record(self, load: int) -> None:
            await world.call("record", load)

    rebalancer = subject.Rebalancer(Cluster(), Ledger(), max_moves=world.choose("moves", 0, 4))
    return await rebalancer.rebalance([f"s{n}" for n in range(world.choose("shards", 0, 6))])
