from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    world.fails("save", error=ValueError)

    async def save(record: object, table: str = "") -> str:
        return await world.call("save", record, table)

    def records(base: int) -> list[int]:
        return list(range(base, base + count))

    count = world.choose("records", 0, 4)
    cancelled = await subject.save_until_bad(records(600), save)
    dirty = await subject.save_dirty({"a": records(100), "b": records(201)}, save)
    name = world.pick("way", ["save_all", "save_and_count", "save_last", "save_twice"])
    shadowed = await subject.save_shadowed(400, records(500), save)
    return cancelled, dirty, shadowed, await getattr(subject, name)(records(0), save)
