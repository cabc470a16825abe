from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    async def read(name: str) -> str:
        return await world.call("read", name)

    async def convert(data: str) -> str:
        return await world.call("convert", data)

    async def check(name: str) -> str:
        return await world.call("check", name)

    files = [f"f{number}" for number in range(world.choose("files", 0, 6))]
    converted = await subject.convert_all(files, read, convert)
    checked = await subject.read_and_check(files, read, check)
    return converted, checked, await subject.read_by_hand(files, read)
