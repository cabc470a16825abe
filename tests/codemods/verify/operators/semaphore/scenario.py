"""Tasks come and go, some give up while they wait, some hold the gate twice as long."""

import asyncio


async def scenario(subject, world):
    gate = subject.make_gate(world.choose("limit", 0, 3))

    async def one(item):
        await asyncio.sleep(world.uniform(f"arrival {item}", 0.0, 2.0))
        async with gate:
            world.note("locked", gate.locked())
            return await world.call("work", item)

    async def patient(item):
        if world.chance(f"impatient {item}", 0.4):
            return await asyncio.wait_for(one(item), world.uniform(f"patience {item}", 0.1, 4.0))
        return await one(item)

    async def opener():
        await asyncio.sleep(3.0)
        gate.release()

    items = range(world.choose("items", 0, 8))
    work = [patient(item) for item in items]
    return await asyncio.gather(opener(), *work, return_exceptions=True)
