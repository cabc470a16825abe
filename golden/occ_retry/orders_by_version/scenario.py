from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    conflict = [lambda call: subject.VersionConflictError(str(call))]
    world.fails("save", 0.6, error=conflict * 6 + [ConnectionError])
    world.fails("load", 0.1, error=[*conflict, KeyError])
    world.answers("load", lambda call: subject.Order("o-1", call.n, "open"))

    class Store:
        async def load(self, order_id: str) -> object:
            return await world.call("load", order_id)

        async def save(self, order: object, *, expected: int) -> object:
            await world.call("save", order, expected=expected)
            return order

    orders = subject.Orders(Store(), retries=world.choose("retries", 0, 5))
    match world.pick("what", ["close", "touch", "cancel"]):
        case "close":
            return await orders.close("o-1")
        case "touch":
            return await orders.touch(subject.Order("o-2", 7))
    return await orders.cancel("o-3", world.choose("max_retries", 0, 4))
