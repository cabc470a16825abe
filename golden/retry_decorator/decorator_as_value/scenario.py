from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    for name in ("models", "complete", "embed"):
        world.fails(name, 0.5, error=[ConnectionError, TimeoutError, ValueError])
    llm = subject.Llm(world.call)
    which = world.pick("which", ["models", "complete", "embed"])
    if which == "models":
        return await llm.models()
    if which == "complete":
        return await llm.complete(prompt="p", n=2)
    return await llm.embed("text")
