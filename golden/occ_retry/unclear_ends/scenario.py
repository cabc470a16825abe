from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    world.fails("write", 0.6, error=[subject.ConflictError] * 4 + [lambda c: OSError(str(c))])
    world.returns("write", lambda n, rng: rng.choice([True, False]))

    class Store:
        closed = world.pick("closed", [True, False])

        async def write(self, key: str) -> object:
            return await world.call("write", key)

    what = world.pick(
        "what", ["returns_or_breaks", "leaves_early", "returns_between", "optional_number"]
    )
    options = {"retries": world.choose("retries", 0, 3)} if what == "optional_number" else {}
    return await getattr(subject, what)(Store(), "key", **options)
