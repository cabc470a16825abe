"""Stop, kill, both in either order, twice, or before anything has started."""

import asyncio

from codemods.verify.world import WorldOptions

WORLD = WorldOptions(swallows=0, callee_cancels=0, second_cancel=False)


async def scenario(subject, world):
    events = stop, kill = subject.make_events()
    loop = asyncio.get_running_loop()
    if world.chance("stopped before", 0.1):
        subject.fire(stop)
    for name, event, likely in [("stop", stop, 0.9), ("again", stop, 0.3), ("kill", kill, 0.4)]:
        if world.chance(name, likely):
            loop.call_later(world.uniform(f"{name} at", 0.05, 5.0), fire_both, subject, event, stop)

    async def upload(item):
        return await world.call("upload", item)

    items = range(world.choose("items", 0, 8))
    try:
        return await subject.upload_all(items, world.choose("limit", 1, 3), upload, events)
    except asyncio.CancelledError:
        # With which message is the affair of the fan-out, and has a case of its own.
        raise asyncio.CancelledError from None
    finally:
        await world.call("after")


def fire_both(subject, event, stop):
    subject.fire(event)
    subject.fire(stop)
