import asyncio

from codemods.verify.world import WorldOptions

WORLD = WorldOptions(errors=(OSError,))


async def scenario(subject, world):
    async def serve(request):
        return await world.call("serve", request)

    server = subject.Server(serve)
    loop = asyncio.get_running_loop()
    stop = world.uniform("stop", 0.0, 2.0)
    handles = [loop.call_later(stop, server.stop_accepting.set)]
    if world.chance("emergency", 0.5):
        handles.append(loop.call_later(stop + world.uniform("kill", 0, 1), server.force_kill.set))
    try:
        return await server.run(range(world.choose("requests", 0, 6)))
    finally:
        for each in handles:
            each.cancel()
