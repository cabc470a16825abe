"""Pauses before the first launch, too; the other function also pauses behind the last."""

import asyncio
from collections.abc import Awaitable, Callable


async def drip(messages: list[str], publish: Callable[[str], Awaitable[int]]) -> list[int]:
    tasks = []
    for message in messages:
        await asyncio.sleep(0.2)
        tasks.append(asyncio.create_task(publish(message)))
    return await asyncio.gather(*tasks)


async def pour(messages: list[str], publish: Callable[[str], Awaitable[int]]) -> list[int]:
    tasks = []
    for message in messages:
        tasks.append(asyncio.create_task(publish(message)))
        await asyncio.sleep(0.2)
    return await asyncio.gather(*tasks)
