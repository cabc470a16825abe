from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    async def call(*args: object, **kwargs: object) -> str:
        return await world.call("call", *args, **kwargs)

    count = world.choose("items", 0, 5)
    names = [f"n{number}" for number in range(count)]
    await subject.names_taken(names, call, pair="x", args="y", given="z")
    pairs = [(name, name.upper()) for name in names]
    await subject.put(dict(pairs), call)
    await subject.touch(dict(pairs), call)
    if world.chance("odd", 0.1):
        pairs.append(("one", "two", "three"))
    results = [
        await subject.rename(names, names[1:], call),
        await subject.number(iter(names), call, page=3),
        await subject.by_keyword(names, call),
        await subject.nested([(name, (1, 2)) for name in names], call),
    ]
    way = subject.swap if world.chance("swapped", 0.5) else subject.straight
    return results, await way(pairs, call)
