"""Rows with their translations, sent a few at a time over one connection pool."""

from typing import Any

import reactivex as rx
from reactivex import operators as ops

from _operators import flat_map, last_value_from


async def translate(
    sources: list[str],
    targets: list[str],
    pool: Any,
    *,
    limit: int = 2,
) -> None:
    async def send(source: str, target: str) -> None:
        async with pool.acquire() as connection:
            # Two statements, one connection.
            await connection("delete", source)
            await connection("insert", f"{source}={target}")

    await last_value_from(
        rx.from_iterable(zip(sources, targets)).pipe(
            flat_map(lambda pair: send(*pair), max_concurrent=limit), ops.to_list()
        )
    )


async def count(tables: dict[str, int], pool: Any) -> tuple[int, ...]:
    async def count_one(table: str, expected: int) -> int:
        async with (
            pool.acquire() as connection,
        ):
            await connection("count", table)
            return expected

    totals = await last_value_from(
        rx.from_iterable(tables.items()).pipe(
            flat_map(lambda pair: count_one(*pair), max_concurrent=2), ops.to_list()
        )
    )
    return tuple(totals)


async def copy(pairs: list[tuple[str, str]], pool: Any) -> list[str]:
    async def copy_one(new, old):
        async with pool.acquire() as connection:
            return await connection("copy", f"{old}->{new}")

    return await last_value_from(
        rx.from_iterable((new, old) for old, new in pairs if old != new).pipe(
            flat_map(lambda pair: copy_one(*pair), max_concurrent=3), ops.to_list()
        )
    )
