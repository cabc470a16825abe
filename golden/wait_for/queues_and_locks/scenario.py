import asyncio

from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    async def handle(job: int) -> object:
        return await world.call("handle", job)

    async def stream(number: int):
        for each in range(number):
            yield await world.call("stream", each)

    worker = subject.Worker(handle)

    async def feed() -> None:
        for job in range(world.choose("jobs", 0, 4)):
            await asyncio.sleep(world.uniform(f"pause {job}", 0.01, 1.2))
            await worker.jobs.put(job)
        if world.chance("end", 0.5):
            await worker.jobs.put(None)

    feeding = asyncio.create_task(feed())
    try:
        found = await worker.next_of(stream(world.choose("stream", 0, 2)))
        return found, await worker.run()
    finally:
        feeding.cancel()
        await asyncio.wait([feeding])
