import asyncio

from codemods.verify.world import WorldOptions

WORLD = WorldOptions(errors=(OSError,))


async def scenario(subject, world):
    async def send(what, interval=1):
        return await world.call("send", what, interval)

    async def receive():
        return await world.call("receive")

    heart = subject.Heart(send)
    loop = asyncio.get_running_loop()
    handles = [
        loop.call_later(world.uniform("close", 0.0, 2.0), lambda: loop.create_task(heart.close())),
        loop.call_later(world.uniform("closing", 0.0, 9.0), subject.closing.set),
    ]
    try:
        await heart.run()
        await heart.greet(["a", "b"])
        heart._closing.clear()
        await heart.greet(["c", "d"])
        await subject.count_down(range(world.choose("numbers", 0, 4)))
        world.note("counted")
        return await subject.listen(receive)
    finally:
        for each in handles:
            each.cancel()
