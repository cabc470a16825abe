import asyncio

from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    world.fails("ask", 0)
    world.returns("ask", lambda n, rng: rng.randrange(1, 10))

    async def ask(name: str) -> object:
        return await world.call("ask", name)

    names = [f"n{n}" for n in range(world.choose("names", 0, 4))]
    limits = [world.pick(f"limit {name}", [None, 0, -1, 0.3, 0.7, 10]) for name in names]
    tasks = [asyncio.create_task(ask(name)) for name in names]
    try:
        await asyncio.sleep(world.pick("head start", [0, 0.2, 5]))
        answers: dict[str, object] = {}
        settled = await subject.settle_all(tasks, limits)
        return settled, await subject.first_answer(answers, ask), answers
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait([*tasks, asyncio.create_task(asyncio.sleep(0.001))])
