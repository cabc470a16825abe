import inspect

from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    for name in ("get", "head", "list"):
        world.fails(name, 0.5, error=[LookupError, OSError])
    kind = world.pick("kind", [subject.Store, subject.Mirror])
    store = kind(world.call)
    world.note("async", inspect.iscoroutinefunction(store.outside), store.outside.__doc__)
    try:
        which = world.pick("which", ["outside", "inside", "of_class", "static"])
        if which in ("outside", "inside"):
            return await getattr(store, which)("Key")
        return await getattr(store, which)(world.call, "Key")
    finally:
        world.note("calls", *subject.CALLS)
        subject.CALLS.clear()
