"""Inner coroutines that a bound of the fan-out would not stand for; their semaphores are swapped."""

import asyncio
import functools

import reactivex as rx
from reactivex import operators as ops

from _operators import dynamic_semaphore, flat_map, last_value_from


def logged(function):
    @functools.wraps(function)
    async def wrapper(*args):
        try:
            return await function(*args)
        except ValueError:
            return "bad"

    return wrapper


async def decorated(items, call):
    sem = dynamic_semaphore(2)

    @logged
    async def work(item):
        async with sem:
            return await call("decorated", item)

    return await last_value_from(
        rx.from_iterable(items).pipe(flat_map(work), ops.to_list())
    )


async def used_twice(items, call):
    sem = dynamic_semaphore(2)

    async def work(item):
        async with sem:
            return await call("used twice", item)

    first = await work("first")
    return [
        first,
        *await last_value_from(
            rx.from_iterable(items).pipe(flat_map(work), ops.to_list())
        ),
    ]


async def passed_on(items, call):
    sem = dynamic_semaphore(2)

    async def work(item, gate=sem):
        async with gate:
            return await call("passed on", item)

    return await last_value_from(
        rx.from_iterable(items).pipe(flat_map(work), ops.to_list())
    )


async def two_at_once(items, call):
    sem = dynamic_semaphore(3)

    async def work(item):
        async with sem:
            return await call("two at once", item)

    async def warm():
        async with sem:
            await call("two at once", "warm")

    return await last_value_from(
        rx.from_iterable([warm(), *[work(item) for item in items]]).pipe(
            flat_map(lambda task: task), ops.to_list()
        )
    )


async def with_a_retry(items, call):
    sem = dynamic_semaphore(2)

    async def work(item, attempt=0):
        async with sem:
            try:
                return await call("with a retry", item, attempt)
            except ConnectionError:
                if attempt:
                    raise
        return await work(item, attempt + 1)

    return await last_value_from(
        rx.from_iterable(items).pipe(flat_map(work), ops.to_list())
    )


async def wrong_call(items, call):
    sem = dynamic_semaphore(2)

    async def work(item):
        async with sem:
            return await call("wrong call", item)

    return await last_value_from(
        rx.from_iterable(items).pipe(
            flat_map(lambda item: work(item, 1)), ops.to_list()
        )
    )


async def unpacked_blindly(pairs, call):
    sem = dynamic_semaphore(2)

    async def work(item, number):
        async with sem:
            return await call("unpacked", item, number)

    return await last_value_from(
        rx.from_iterable(pairs).pipe(flat_map(lambda pair: work(*pair)), ops.to_list())
    )


async def looked_at(items, call):
    sem = dynamic_semaphore(2)
    full = 0

    async def work(item):
        nonlocal full
        async with sem:
            full = max(full, sem.locked())
            return await call("looked at", item)

    results = await last_value_from(
        rx.from_iterable(items).pipe(flat_map(work), ops.to_list())
    )
    return full, results


async def kept_tasks(items, call):
    sem = dynamic_semaphore(2)

    async def work(item):
        async with sem:
            return await call("kept tasks", item)

    tasks = [asyncio.create_task(work(item)) for item in items]
    try:
        return await last_value_from(
            rx.from_iterable(tasks).pipe(flat_map(lambda task: task), ops.to_list())
        )
    except ValueError:
        return [task.done() for task in tasks]
