"""Two ways of listing tasks before they are gathered, with names imported one by one."""

from __future__ import annotations

from asyncio import Semaphore, create_task, ensure_future, gather
from collections.abc import Awaitable, Callable

Fetch = Callable[[int], Awaitable[dict[str, str]]]


async def users(ids: list[int], fetch: Fetch, limit: int) -> list[dict[str, str]]:
    sem = Semaphore(limit)

    async def user(user_id: int) -> dict[str, str]:
        async with sem:
            return await fetch(user_id)

    tasks = [create_task(user(user_id)) for user_id in ids]
    return await gather(*tasks)


async def names(ids: list[int], fetch: Fetch, limit: int) -> dict[int, str]:
    sem: Semaphore = Semaphore(limit)

    async def name(user_id: int) -> str:
        async with sem:
            found = await fetch(user_id)
        # Outside the semaphore, so that it stays.
        return found["name"]

    pending = [ensure_future(name(user_id)) for user_id in ids]
    return dict(zip(ids, await gather(*pending), strict=True))


async def first_user(ids: list[int], fetch: Fetch) -> dict[str, str]:
    sem = Semaphore(2)

    async def user(user_id: int) -> dict[str, str]:
        async with sem:
            return await fetch(user_id)

    coros = [user(user_id) for user_id in ids]
    return (await gather(*coros))[0]
