from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    world.returns("read", lambda n, rng: rng.choice(["", "text"]))

    def read(path: str) -> str:
        return world.sync_call("read", path)

    def parse(texts: list[str], *, strict: bool) -> int:
        return world.sync_call("parse", texts, strict)

    paths = [f"p{n}" for n in range(world.choose("paths", 0, 4))]
    return (
        await subject.read_all(paths, read, parse),
        await subject.read_timed("timed", read),
        await subject.read_now("now", read),
        await subject.read_first(paths, read),
        await subject.read_shared("shared", read),
    )
