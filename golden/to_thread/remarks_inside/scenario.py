from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    def turn(*args: object) -> object:
        return world.sync_call("turn", *args)

    return (
        await subject.resize("p", 1, 2, turn),
        await subject.rotate("p", turn),
        await subject.crop("p", turn),
    )
