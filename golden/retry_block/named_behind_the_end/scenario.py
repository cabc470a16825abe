from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    world.fails("read", 0.4, error=[OSError, LookupError])

    async def read(name: str) -> str:
        return await world.call("read", name)

    names = [f"n{number}" for number in range(world.choose("names", 0, 2))]
    match world.pick("which", ["one", "first", "none"]):
        case "one":
            return await subject.for_the_type_checker(read, "n")
        case "first":
            return await subject.first_of(read, names)
    return await subject.first_or_none(read, names)
