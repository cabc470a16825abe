async def scenario(subject, world):
    async def first():
        return await world.call("first")

    async def save(found):
        await world.call("save", found)

    async def second(found):
        return await world.call("second", found)

    try:
        return await subject.extract(first, save, second)
    finally:
        await world.call("after")
