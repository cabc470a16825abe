import asyncio

from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    world.fails("receive", 0.4, error=ConnectionError)
    world.fails("beat", 0.2, error=[ConnectionError, OSError])

    class Link:
        async def beat(self) -> None:
            await world.call("beat")

        async def flush(self) -> None:
            await world.call("flush")

        async def receive(self) -> str:
            if world.now() > 20:
                raise ConnectionError("closed")
            return await world.call("receive")

    agent = subject.Agent(Link(), world.uniform("interval", 0.2, 2.0))
    work = [agent.heartbeat(), agent.flush_forever(), agent.listen(), agent.spin()]
    tasks = [asyncio.create_task(each) for each in work]
    try:
        await asyncio.sleep(world.uniform("until", 0.1, 15.0))
        agent.running = False
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
    return [type(each).__name__ for each in ended]
