import asyncio

from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    gateway = subject.FakeGateway(latency=world.uniform("latency", 0.1, 0.9))

    async def customer(number: int) -> object:
        await world.call("arrives", number)
        answer = await gateway.authorise(number * 30)
        if not answer["ok"]:
            return await gateway.void()
        return answer, await gateway.capture(number * 30), await gateway.statement(number)

    return await asyncio.gather(*map(customer, range(world.choose("customers", 0, 5))))
