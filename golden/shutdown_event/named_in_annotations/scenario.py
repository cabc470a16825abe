import asyncio


async def scenario(subject, world):
    board = subject.Board()
    names = [f"job {number}" for number in range(world.choose("jobs", 0, 4))]
    for name in names:
        board.add(name)

    async def work(name):
        try:
            await world.call("work", name)
        finally:
            board.finish(name)

    waits = [board.wait_for(name) for name in names]
    works = [work(name) for name in names]
    return await asyncio.gather(board.wait_idle(), *waits, *works, return_exceptions=True)
