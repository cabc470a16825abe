from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    world.fails("insert", error=ValueError)

    async def insert(kind: object, row: int) -> str:
        return await world.call("insert", kind, row)

    count = world.choose("batches", 0, 3)
    batches = [[10 * b + r for r in range(world.choose(f"rows {b}", 0, 5))] for b in range(count)]
    limit = world.choose("limit", 1, 3)
    await subject.import_stubbornly(batches, insert, limit)
    lenient = await subject.import_what_goes(batches, insert, limit)
    return lenient, await subject.import_all(batches, insert, limit)
