from codemods.verify.world import World


class Warehouse:
    def __init__(self, world: World) -> None:
        self._world = world

    async def query(self, region: str, month: str) -> int:
        return await self._world.call("query", region, month)


async def scenario(subject, world: World) -> object:
    world.returns("query", lambda n, rng: rng.randrange(100))
    builder = subject.ReportBuilder(Warehouse(world), "2024-02")
    regions = [f"r{number}" for number in range(world.choose("regions", 0, 7))]
    return await builder.build(regions), await builder.totals(regions, 2)
