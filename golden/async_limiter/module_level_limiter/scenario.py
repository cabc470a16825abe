from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    async def send(row: int) -> str:
        return await world.call("send", row)

    return await subject.main(list(range(world.choose("rows", 0, 9))), send)
