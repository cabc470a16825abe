from codemods.verify.world import World, WorldOptions

WORLD = WorldOptions(max_failure_rate=0.2)


def configure(world: World) -> None:
    world.latency("ask", 0.05, 0.9)


async def scenario(subject, world: World) -> object:
    world.watch(subject.attempt_number)
    world.watch(subject.trace_id)
    ends = world.choose("ends", 0, 4)
    world.answers("ask", lambda call: call.n >= ends)

    async def ask(name: str) -> bool:
        return await world.call("ask", name)

    interval = world.uniform("interval", 0.2, 1.0)
    match world.pick("what", ["context", "timeouts", "shielded"]):
        case "context":
            return await subject.poll_with_context(ask, interval), subject.attempt_number.get()
        case "timeouts":
            return await subject.poll_with_timeouts(ask, interval, world.uniform("p", 0.1, 4.0))
    return await subject.poll_shielded(ask, interval)
