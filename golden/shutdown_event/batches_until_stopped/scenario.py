"""The shutdown comes before, while a batch is under way, in a cooldown, or never."""

import asyncio

from codemods.verify.world import WorldOptions

WORLD = WorldOptions(errors=(LookupError, ValueError))


async def scenario(subject, world):
    async def send(name):
        return await world.call("send", name)

    uploader = subject.Uploader(send)
    names = [f"file {number}" for number in range(world.choose("names", 0, 7))]
    loop = asyncio.get_running_loop()
    handle = None
    if world.chance("stopped", 0.7):
        handle = loop.call_later(world.uniform("stop", 0.0, 4.0), uploader.request_shutdown)
    try:
        report = await uploader.run(names, world.choose("size", 1, 3))
        await uploader.run_listed(names)
    finally:
        if handle is not None:
            handle.cancel()
    return report.sent, report.batches, report.interrupted
