"""Rows with their translations, sent a few at a time over one connection pool."""

import asyncio
from typing import Any


async def translate(
    sources: list[str],
    targets: list[str],
    pool: Any,
    *,
    limit: int = 2,
) -> None:
    gate = asyncio.Semaphore(limit)

    async def send(source: str, target: str) -> None:
        async with gate, pool.acquire() as connection:
            # Two statements, one connection.
            await connection("delete", source)
            await connection("insert", f"{source}={target}")

    await asyncio.gather(*[send(source, target) for source, target in zip(sources, targets)])


async def count(tables: dict[str, int], pool: Any) -> tuple[int, ...]:
    gate = asyncio.Semaphore(2)

    async def count_one(table: str, expected: int) -> int:
        async with (
            gate,
            pool.acquire() as connection,
        ):
            await connection("count", table)
            return expected

    totals = await asyncio.gather(*[count_one(name, rows) for name, rows in tables.items()])
    return tuple(totals)


async def copy(pairs: list[tuple[str, str]], pool: Any) -> list[str]:
    sem = asyncio.Semaphore(3)

    async def copy_one(new, old):
        async with sem:
            async with pool.acquire() as connection:
                return await connection("copy", f"{old}->{new}")

    return await asyncio.gather(*(copy_one(new, old) for old, new in pairs if old != new))
