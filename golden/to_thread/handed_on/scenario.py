import asyncio

from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    world.returns("copy", lambda n, rng: rng.randrange(100))
    backups = subject.Backups(lambda name: world.sync_call("copy", name))
    names = [f"n{n}" for n in range(world.choose("names", 0, 5))]
    started = backups.start("started")
    try:
        if world.chance("cancelled at once", 0.2):
            started.cancel()
        found = [
            await backups.copied("later"),
            await backups.all_of(names),
            await backups.one_of("shielded"),
        ]
    finally:
        await asyncio.wait([started])
        world.note("started", started.cancelled(), started.get_name())
    return found
