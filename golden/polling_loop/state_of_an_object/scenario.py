import asyncio
from types import SimpleNamespace

from codemods.verify.world import World, WorldOptions

# Nobody else would ever open the connection.
WORLD = WorldOptions(callee_cancels=0)


async def scenario(subject, world: World) -> object:
    settings = SimpleNamespace(interval=world.uniform("interval", 0.1, 1.0))
    connection = subject.Connection(settings)
    timer = SimpleNamespace(expired=False)

    async def service() -> None:
        """Changes the connection, the settings and the streams, each at its time."""
        await world.call("open", 1)
        connection.streams += [SimpleNamespace(open=True), SimpleNamespace(open=True)]
        settings.interval = world.uniform("later", 0.1, 2.0)
        connection.state = "open"
        await world.call("streams", 2)
        for stream in connection.streams:
            stream.open = False
        connection.paused = world.chance("paused", 0.5)
        connection.streams.clear()
        await world.call("timer", 3)
        timer.expired = True

    for name in ("open", "streams", "timer"):
        world.fails(name, 0)
        world.latency(name, 0.1, 1.5)
    working = asyncio.create_task(service())
    try:
        seen = [await connection.ready(), await connection.drained()]
        await connection.idle(lambda: not connection.streams and not world.note("asked", "idle"))
        return [*seen, await connection.closed(timer)]
    finally:
        working.cancel()
