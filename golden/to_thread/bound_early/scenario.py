from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    world.returns("write", lambda n, rng: rng.randrange(100))

    def write(*args, **kwargs) -> int:
        return world.sync_call("write", *args, **kwargs)

    archive = subject.Archive(write, 3)
    parts = [f"part {n}" for n in range(world.choose("parts", 0, 4))]
    sizes = [await archive.pack("a", *parts, fast=True), await archive.pack_twice("b")]
    return sizes, await archive.pack_default(" c ")
