from collections.abc import Iterator

from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    async def read(sensor: str) -> str:
        return await world.call("read", sensor)

    count = world.choose("sensors", 0, 4)
    poller = subject.Poller(read)
    broken = world.chance("broken", 0.5)

    def named(prefix: str) -> list[str]:
        return [f"{prefix}{number}" for number in range(count)]

    def stream() -> Iterator[str]:
        yield from named("stream")
        if broken:
            raise LookupError("no more sensors")

    results = [await poller.poll(named("a")), await poller.poll_listed(named("b"))]
    results += await poller.poll_named(named("c"))
    results += await poller.poll_late(named("d"))
    if world.chance("by index", 0.5):
        known = dict(enumerate(named("e")))
        return results, await poller.poll_by_index(known, [0, 1, 2])
    return results, await poller.poll_stream(stream)
