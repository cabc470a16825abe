import asyncio

from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    throttled = subject.ThrottledQueue(30)
    queue: asyncio.Queue[bytes] = asyncio.Queue()

    async def one(number: int) -> None:
        await world.call("produce", number)
        put = throttled.put if number % 3 else throttled.put_now
        await put(queue, b"%d" % number)
        world.note("gauges", throttled.gauges()["limiter.rate"])

    await asyncio.gather(*map(one, range(world.choose("messages", 0, 40))))
    return queue.qsize()
