"""Items arrive over time, in bursts; some give up while they wait for the limiter."""

import asyncio


async def scenario(subject, world):
    rate = world.choose("rate", 1, 4)
    client = subject.Client(
        rate, world.pick("period", [0.5, 1.0, 7.0]), world.choose("limit", 1, 4)
    )
    form = world.pick("form", ["inside", "outside", "amount"])

    async def send(item):
        return await world.call("send", item)

    async def one(item):
        await asyncio.sleep(world.uniform(f"burst {item % 3}", 0.0, 4.0))
        if form == "amount":
            work = client.send_amount(send, item, world.choose(f"amount {item}", 0, rate))
        else:
            work = getattr(client, f"send_{form}")(send, item)
        if world.chance(f"impatient {item}", 0.2):
            return await asyncio.wait_for(work, world.uniform(f"patience {item}", 0.1, 2.0))
        return await work

    items = range(world.choose("items", 0, 9))
    return await asyncio.gather(*(one(item) for item in items), return_exceptions=True)
