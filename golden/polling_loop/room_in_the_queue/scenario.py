from types import SimpleNamespace

from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    settings = SimpleNamespace(interval=world.uniform("interval", 0.2, 2.0))
    room = world.choose("room", 0, 5)
    world.fails("status", 0.1)
    world.fails("free_slot", 0.1)
    world.returns("free_slot", lambda n, rng: {"slot": n} if n >= room else None)
    world.returns(
        "status",
        lambda n, rng: SimpleNamespace(has_room=n >= room, pending=max(0, 9 - 3 * n), capacity=9),
    )

    class Queue:
        async def status(self) -> object:
            settings.interval *= 0.8  # somebody reloads the settings meanwhile
            return await world.call("status")

        async def free_slot(self) -> object:
            return await world.call("free_slot")

    submitter = subject.Submitter(Queue(), settings)
    match world.pick("what", ["room", "slot", "length", "calm"]):
        case "room":
            return await submitter.wait_for_room(), submitter.rounds
        case "slot":
            return await submitter.slot(world.uniform("patience", 0.0, 8.0))
        case "length":
            return await submitter.length_below(world.choose("limit", 1, 9))
    return await submitter.calm(world.choose("limit", 1, 9))
