from codemods.verify.world import World


class Client:
    def __init__(self, world: World) -> None:
        self._world = world

    def __getattr__(self, name: str):
        async def call(argument: object) -> object:
            return await self._world.call(name, argument)

        return call


async def scenario(subject, world: World) -> object:
    world.returns("sort_out", lambda n, rng: (["good"], ["bad"]))
    world.returns("profiles", lambda n, rng: [rng.randrange(9)])
    world.fails("profiles", 0.3, error=[TimeoutError, OSError])
    form = world.pick("form", ["enrich", "split", "on_one_line", "awaited_inside"])
    return await getattr(subject, form)(Client(world), ["a", "b"])
