import asyncio

from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    service = subject.Service()

    async def tick(what: object) -> None:
        await world.call("tick", what)

    async def stop() -> None:
        await world.call("operator")
        service.stopping.set()

    world.fails("operator", 0)
    stopping = asyncio.create_task(stop())
    try:
        return await asyncio.gather(service.run(tick), service.watch(tick))
    finally:
        stopping.cancel()
