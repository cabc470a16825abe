"""A checkpoint after the first wave and before the second."""


async def extract(first, save, second):
    found = await first()
    await save(found)
    return await second(found)
