"""What has begun already is limited, too; and ends with its limit, unless it is shielded."""

import asyncio

from _operators import from_awaitable, last_value_from, timeout


async def settle(task, limit):
    return await last_value_from(from_awaitable(task).pipe(timeout(limit)))


async def settle_all(tasks, limits):
    settled = []
    for task, limit in zip(tasks, limits):
        try:
            settled.append(
                await last_value_from(from_awaitable(task).pipe(timeout(limit)))
            )
        except asyncio.TimeoutError:
            settled.append(None)
    return settled


async def first_answer(answers, ask):
    future = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_later(0.4, future.set_result, "early")
    task = asyncio.create_task(ask("shielded"))
    try:
        await last_value_from(from_awaitable(asyncio.shield(task)).pipe(timeout(0.25)))
    except TimeoutError:
        answers["shielded"] = task.done()
    answers["task"] = await last_value_from(
        from_awaitable(asyncio.ensure_future(ask("task"))).pipe(timeout(5))
    )
    answers["future"] = await last_value_from(from_awaitable(future).pipe(timeout(1)))
    answers["shielded"] = await task
    return await last_value_from(
        from_awaitable(answers["task"] and ask("last")).pipe(timeout(2.0))
    )
