from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    world.fails("call", error=[ValueError, ConnectionError])

    async def call(*args: object) -> str:
        return await world.call("call", *args)

    items = list(range(world.choose("items", 0, 6)))
    name = world.pick(
        "function",
        [
            *("decorated", "used_twice", "passed_on", "two_at_once", "with_a_retry"),
            *("wrong_call", "unpacked_blindly", "looked_at", "kept_tasks"),
        ],
    )
    given = [(item, item + 1) for item in items] if name == "unpacked_blindly" else items
    return await getattr(subject, name)(given, call)
