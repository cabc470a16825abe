"""Two ways of listing tasks before they are gathered, with names imported one by one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import reactivex as rx
from reactivex import operators as ops

from _operators import DynamicSemaphore, dynamic_semaphore, flat_map, last_value_from

Fetch = Callable[[int], Awaitable[dict[str, str]]]


async def users(ids: list[int], fetch: Fetch, limit: int) -> list[dict[str, str]]:
    async def user(user_id: int) -> dict[str, str]:
        return await fetch(user_id)

    return await last_value_from(
        rx.from_iterable(ids).pipe(flat_map(user, max_concurrent=limit), ops.to_list())
    )


async def names(ids: list[int], fetch: Fetch, limit: int) -> dict[int, str]:
    sem: DynamicSemaphore = dynamic_semaphore(limit)

    async def name(user_id: int) -> str:
        async with sem:
            found = await fetch(user_id)
        # Outside the semaphore, so that it stays.
        return found["name"]

    return dict(
        zip(
            ids,
            await last_value_from(
                rx.from_iterable(ids).pipe(flat_map(name), ops.to_list())
            ),
            strict=True,
        )
    )


async def first_user(ids: list[int], fetch: Fetch) -> dict[str, str]:
    async def user(user_id: int) -> dict[str, str]:
        return await fetch(user_id)

    return (await last_value_from(
        rx.from_iterable(ids).pipe(flat_map(user, max_concurrent=2), ops.to_list())
    ))[0]
