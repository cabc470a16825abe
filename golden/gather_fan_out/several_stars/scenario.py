import asyncio

from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    async def call(verb: str, name: str) -> str:
        return await world.call("call", verb, name)

    def tasks(verb: str) -> list[asyncio.Task[str]]:
        return [asyncio.create_task(call(verb, name)) for name in names]

    supervisor = subject.Supervisor(call)
    names = [f"n{number}" for number in range(world.choose("names", 0, 4))]
    for name in names:
        supervisor.start(name)
    joined = await supervisor.join()
    both = await supervisor.wait_for_both(tasks("first"), tasks("second"))
    opened = await supervisor.wait_for_open(tasks("open"))
    same = await supervisor.wait_for_same(asyncio.create_task(call("same", "")))
    await supervisor.stop(names, names[1:])
    return joined, both, opened, same
