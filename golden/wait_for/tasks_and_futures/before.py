"""What has begun already is limited, too; and ends with its limit, unless it is shielded."""

import asyncio


async def settle(task, limit):
    return await asyncio.wait_for(task, limit)


async def settle_all(tasks, limits):
    settled = []
    for task, limit in zip(tasks, limits):
        try:
            settled.append(await asyncio.wait_for(task, limit))
        except asyncio.TimeoutError:
            settled.append(None)
    return settled


async def first_answer(answers, ask):
    future = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_later(0.4, future.set_result, "early")
    task = asyncio.create_task(ask("shielded"))
    try:
        await asyncio.wait_for(asyncio.shield(task), 0.25)
    except TimeoutError:
        answers["shielded"] = task.done()
    answers["task"] = await asyncio.wait_for(asyncio.ensure_future(ask("task")), 5)
    answers["future"] = await asyncio.wait_for(future, timeout=1)
    answers["shielded"] = await task
    return await asyncio.wait_for(answers["task"] and ask("last"), 2.0)
