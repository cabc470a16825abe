from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    for name in ("read", "write"):
        world.fails(name, 0.4, error=[OSError, LookupError])
    loader = subject.Loader(world.call, world.choose("tries", 1, 4))
    which = world.pick("which", ["load", "load_both", "store"])
    if which == "load":
        return await loader.load("a")
    if which == "load_both":
        return await loader.load_both("a", "b")
    return await loader.store("c", world.pick("text", ["x", "long"]))
