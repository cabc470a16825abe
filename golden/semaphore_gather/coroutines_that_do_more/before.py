"""Inner coroutines that a bound of the fan-out would not stand for; their semaphores are swapped."""

import asyncio
import functools


def logged(function):
    @functools.wraps(function)
    async def wrapper(*args):
        try:
            return await function(*args)
        except ValueError:
            return "bad"

    return wrapper


async def decorated(items, call):
    sem = asyncio.Semaphore(2)

    @logged
    async def work(item):
        async with sem:
            return await call("decorated", item)

    return await asyncio.gather(*[work(item) for item in items])


async def used_twice(items, call):
    sem = asyncio.Semaphore(2)

    async def work(item):
        async with sem:
            return await call("used twice", item)

    first = await work("first")
    return [first, *await asyncio.gather(*[work(item) for item in items])]


async def passed_on(items, call):
    sem = asyncio.Semaphore(2)

    async def work(item, gate=sem):
        async with gate:
            return await call("passed on", item)

    return await asyncio.gather(*[work(item) for item in items])


async def two_at_once(items, call):
    sem = asyncio.Semaphore(3)

    async def work(item):
        async with sem:
            return await call("two at once", item)

    async def warm():
        async with sem:
            await call("two at once", "warm")

    return await asyncio.gather(warm(), *[work(item) for item in items])


async def with_a_retry(items, call):
    sem = asyncio.Semaphore(2)

    async def work(item, attempt=0):
        async with sem:
            try:
                return await call("with a retry", item, attempt)
            except ConnectionError:
                if attempt:
                    raise
        return await work(item, attempt + 1)

    return await asyncio.gather(*[work(item) for item in items])


async def wrong_call(items, call):
    sem = asyncio.Semaphore(2)

    async def work(item):
        async with sem:
            return await call("wrong call", item)

    return await asyncio.gather(*[work(item, 1) for item in items])


async def unpacked_blindly(pairs, call):
    sem = asyncio.Semaphore(2)

    async def work(item, number):
        async with sem:
            return await call("unpacked", item, number)

    return await asyncio.gather(*[work(*pair) for pair in pairs])


async def looked_at(items, call):
    sem = asyncio.Semaphore(2)
    full = 0

    async def work(item):
        nonlocal full
        async with sem:
            full = max(full, sem.locked())
            return await call("looked at", item)

    results = await asyncio.gather(*[work(item) for item in items])
    return full, results


async def kept_tasks(items, call):
    sem = asyncio.Semaphore(2)

    async def work(item):
        async with sem:
            return await call("kept tasks", item)

    tasks = [asyncio.create_task(work(item)) for item in items]
    try:
        return await asyncio.gather(*tasks)
    except ValueError:
        return [task.done() for task in tasks]
