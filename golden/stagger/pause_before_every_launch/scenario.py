from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    async def publish(message: str) -> int:
        return len(await world.call("publish", message))

    count = world.choose("messages", 0, 8)
    poured = await subject.pour([f"poured {n}" for n in range(count)], publish)
    return poured, await subject.drip([f"dripped {n}" for n in range(count)], publish)
