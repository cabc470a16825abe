from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    ends = world.choose("ends", 0, 4)
    world.returns("ask", lambda n, rng: "done" if n >= ends else "busy")

    async def ask(what: str) -> str:
        return await world.call("ask", what)

    derived = subject.Derived(ask)
    match world.pick("what", ["wait", "warning", "states", "variables", "first"]):
        case "wait":
            return await derived.wait()
        case "warning":
            return await derived.wait_warning()
        case "states":
            return [state async for state in derived.states()]
        case "variables":
            return await derived.variables()
    return [state async for state in derived.first()]
