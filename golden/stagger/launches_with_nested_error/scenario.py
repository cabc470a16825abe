from codemods.verify.world import World, WorldOptions

WORLD = WorldOptions(errors=(ValueError, ConnectionError))


async def scenario(subject, world: World) -> object:
    def handler(name: str):
        async def handle(number: int) -> str:
            return await world.call(name, number)

        return handle

    names = ["created", "changed", "#skipped", "deleted"]
    dispatcher = subject.Dispatcher({name: handler(name) for name in names[:2]})
    events = [
        names[n % (4 if world.chance(f"odd {n}", 0.2) else 2)]
        for n in range(world.choose("n", 0, 7))
    ]
    try:
        return await dispatcher.dispatch(events, world.choose("attempts", 1, 3))
    finally:
        world.note("dispatched", dispatcher.dispatched)
