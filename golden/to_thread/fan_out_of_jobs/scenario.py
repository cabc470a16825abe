import functools

from codemods.verify.world import World, WorldOptions

WORLD = WorldOptions(workers=2)


async def scenario(subject, world: World) -> object:
    world.returns("digest", lambda n, rng: rng.randrange(100))

    def digest(path: str, *, strict: bool = False) -> int:
        return world.sync_call("digest", path, strict)

    paths = [f"p{n}" for n in range(world.choose("paths", 0, 6))]
    jobs = [functools.partial(digest, f"job {n}") for n in range(world.choose("jobs", 0, 4))]
    try:
        return (
            await subject.digest_strictly(paths, digest),
            await subject.digest_all(paths, digest),
            await subject.run_all(jobs),
            await subject.digest_by_tasks(paths, digest),
        )
    finally:
        await world.call("after")
