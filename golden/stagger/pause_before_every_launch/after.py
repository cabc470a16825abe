"""Pauses before the first launch, too; the other function also pauses behind the last."""

import asyncio
from collections.abc import Awaitable, Callable

import reactivex as rx
from reactivex import operators as ops

from _operators import flat_map, last_value_from


async def drip(messages: list[str], publish: Callable[[str], Awaitable[int]]) -> list[int]:
    tasks = []
    for message in messages:
        await last_value_from(rx.timer(0.2))
        tasks.append(asyncio.create_task(publish(message)))
    return await last_value_from(
        rx.from_iterable(tasks).pipe(flat_map(lambda task: task), ops.to_list())
    )


async def pour(messages: list[str], publish: Callable[[str], Awaitable[int]]) -> list[int]:
    tasks = []
    for message in messages:
        tasks.append(asyncio.create_task(publish(message)))
        await last_value_from(rx.timer(0.2))
    return await last_value_from(
        rx.from_iterable(tasks).pipe(flat_map(lambda task: task), ops.to_list())
    )
