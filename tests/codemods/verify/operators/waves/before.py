async def extract(first, save, second):
    found = await first()
    await save(found)
    return await second(found)
