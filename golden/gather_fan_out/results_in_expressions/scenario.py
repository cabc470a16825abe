from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    world.fails("quote", error=[ValueError, KeyError])

    async def quote(symbol: str) -> str:
        return await world.call("quote", symbol)

    symbols = [f"s{number}" for number in range(world.choose("symbols", 0, 4))]
    names = ["prices", "cheapest", "first", "known", "guarded", "shown"]
    name = world.pick("use", [*names, "listed", "if_any", "by_kind"])
    used = await getattr(subject, name)(symbols, quote)
    nested = await subject.nested([[s + "1" for s in symbols], [], ["only"]], quote)
    return used, nested, await subject.spread(quote)
