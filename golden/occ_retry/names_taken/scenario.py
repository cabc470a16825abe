from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    world.fails("put", 0.6, error=[subject.ConflictError] * 6 + [OSError])
    world.fails("get", 0.1, error=[subject.ConflictError])
    world.returns("get", lambda n, rng: {"n": n})

    class Store:
        async def get(self, key: str) -> dict:
            return await world.call("get", key)

        async def put(self, row: dict) -> dict:
            return await world.call("put", row)

        def note(self, *what: object) -> None:
            world.note("note", *what)

    if world.chance("outside", 0.3):
        return await subject.move_from_outside(Store(), "k")
    n = world.choose("n", 0, 4)
    return await subject.move(Store(), "k", 0.1, world.uniform("wait", 0.1, 0.5), n=n)
