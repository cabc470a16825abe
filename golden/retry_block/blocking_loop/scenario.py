import asyncio

from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    world.fails("check", 0.5)
    world.fails("url", 0.5, error=[LookupError, OSError])

    class Client:
        def check(self):
            return world.sync_call("check")

        def url(self, run):
            return world.sync_call("url", run)

    which = world.pick("which", [subject.url, subject.size, subject.check])
    return await asyncio.to_thread(which, Client(), world.choose("argument", 0, 3))
