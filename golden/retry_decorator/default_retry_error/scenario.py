from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    world.fails("read", 0.5)
    world.answers("page", lambda call: None if call.n < 2 else f"page {call.n}")

    async def read(key):
        return await world.call("read", key)

    async def page(number):
        return await world.call("page", number)

    which = world.pick("which", ["load", "default", "page"])
    if which == "load":
        return await subject.load(read, "k")
    if which == "default":
        return await subject.load_or_default(read, "k", "none")
    return await subject.load_page(page, 1)
