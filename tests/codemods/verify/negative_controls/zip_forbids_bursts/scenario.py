"""More items than a burst takes, in most worlds."""


async def scenario(subject, world):
    items = list(range(world.choose("items", 0, 9)))
    rate = world.choose("rate", 1, 4)
    period = world.pick("period", [0.5, 1.0, 7.0])

    async def send(item):
        return await world.call("send", item)

    return await subject.send_all(items, rate, period, send)
