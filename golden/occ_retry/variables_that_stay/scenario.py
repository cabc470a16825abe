from types import SimpleNamespace

from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    world.fails("write", 0.6, error=[subject.ConflictError] * 6 + [OSError])
    world.returns("read", lambda n, rng: SimpleNamespace(patience=rng.uniform(0.1, 1)))

    class Store:
        async def read(self, key: str) -> object:
            return await world.call("read", key)

        async def write(self, row: object) -> None:
            await world.call("write")

        async def note(self, note: object) -> None:
            await world.call("note", note)

    store = Store()
    match world.pick("what", ["value", "number", "wait", "unbound", "frame", "late"]):
        case "value":
            return type(await subject.value_of_last_attempt(store, "k")).__name__
        case "number":
            return await subject.number_of_last_attempt(store, "k", world.choose("retries", 0, 3))
        case "wait":
            return await subject.wait_from_attempt(store, "k")
        case "unbound":
            return await subject.perhaps_unbound(store, "k", world.chance("fast", 0.7))
        case "frame":
            return await subject.own_frame(store, "k")
    return await subject.late_traceback(store, "k")
