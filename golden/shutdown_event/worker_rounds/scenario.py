import asyncio

from codemods.verify.world import WorldOptions

WORLD = WorldOptions(errors=(ValueError, OSError))


async def scenario(subject, world):
    jobs = iter(range(world.choose("jobs", 0, 5)))

    async def source():
        await world.call("source")
        return next(jobs, None) if world.chance("busy", 0.9) else None

    async def handle(job, attempt):
        return await world.call("handle", job, attempt)

    worker = subject.Worker(source, handle)
    loop = asyncio.get_running_loop()
    handles = [loop.call_later(world.uniform("stop", 0.1, 3.0), worker.stop)]
    try:
        done = await worker.run()
        if world.chance("again", 0.5):
            worker.stop_event.clear()
            handles.append(loop.call_later(world.uniform("stop again", 0.1, 3.0), worker.stop))
        await worker.run_polling()
    finally:
        for each in handles:
            each.cancel()
    return done, worker.errors
