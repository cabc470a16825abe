from types import SimpleNamespace

from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    ends = world.choose("ends", 0, 4)
    states = subject.State
    world.returns("state", lambda n, rng: states.DONE if n >= ends else states.PENDING)

    async def state(what: object) -> object:
        return await world.call("state", what if isinstance(what, int) else None)

    client = SimpleNamespace(count=0, state=state)

    async def poll(of: object) -> bool:
        return await of.state(1) is states.DONE

    match world.pick("what", ["done", "pending", "result", "polled"]):
        case "done":
            return await subject.until_done(client, lambda state: state is states.DONE)
        case "pending":
            return await subject.until_not_pending(client)
        case "result":
            return await subject.result_of(client, 3), client.count
    return await subject.polled(client, poll)
