import asyncio

from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    ends = world.choose("ends", 0, 5)
    world.returns("find", lambda n, rng: n >= ends if searching else n < ends)
    world.fails("find", 0.3, error=[subject.Gone, ConnectionError, ValueError])
    searching = world.chance("searching", 0.6)

    class Api:
        async def find(self, name: str) -> bool:
            return await world.call("find", name)

        def asked(self, name: str) -> None:
            world.note("asked", name)

    regions = ["eu-1", "us-1-last", "us-2"][: world.choose("regions", 1, 3)]
    watcher = subject.Watcher(Api(), asyncio.Lock(), regions)
    if not searching:
        return await watcher.until_deleted("bucket", world.choose("tolerated", 0, 2))
    if world.chance("first", 0.5):
        return await watcher.first_of(("a", "b", "c")[: world.choose("names", 0, 3)])
    return await watcher.in_any_region("bucket")
