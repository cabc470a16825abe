from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    items = [None if n == 5 else f"item {n}" for n in range(world.choose("items", 0, 7))]

    async def emit(item: object) -> None:
        await world.call("emit", item)

    async def stream():
        for item in items:
            yield await world.call("next", item)

    match world.pick("what", ["drip", "forward", "three"]):
        case "drip":
            return await subject.drip(items, emit)
        case "forward":
            return await subject.forward(stream(), emit)
    return await subject.three_times(emit)
