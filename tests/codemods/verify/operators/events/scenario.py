"""Tasks wait, some not for long, while the event is set and cleared, sometimes in one turn."""

import asyncio


async def scenario(subject, world):
    event = subject.make_event()

    async def waiter(number):
        await asyncio.sleep(world.uniform(f"arrival {number}", 0.0, 2.0))
        if world.chance(f"impatient {number}", 0.4):
            patience = world.uniform(f"patience {number}", 0.05, 2.0)
            found = await asyncio.wait_for(event.wait(), patience)
        else:
            found = await event.wait()
        world.note("woken", number, found, event.is_set())
        return await world.call("work", number)

    async def setter():
        for number in range(world.choose("settings", 1, 4)):
            await asyncio.sleep(world.uniform(f"setting {number}", 0.1, 1.0))
            event.set()
            event.set()
            if world.chance(f"cleared at once {number}", 0.5):
                event.clear()
            world.note("set", number, event.is_set())
            await asyncio.sleep(world.uniform(f"clearing {number}", 0.1, 1.0))
            event.clear()
        event.set()

    waiters = [waiter(number) for number in range(world.choose("waiters", 0, 6))]
    return await asyncio.gather(setter(), *waiters, return_exceptions=True)
