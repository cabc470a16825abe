"""Fan-outs in a fan-out."""


async def scenario(subject, world):
    rows = world.choose("rows", 0, 3)
    columns = world.choose("columns", 0, 3)

    async def cell(name):
        return await world.call("cell", name)

    async def row(number):
        await world.call("row", number)
        return await subject.fetch_all([(number, i) for i in range(columns)], cell)

    return await subject.fetch_all(range(rows), row)
