"""The operators against what they replace, side by side in one process.

    python tests/benchmarks/operators.py [--items 1000 10000 100000] [--repeat 3]

Time is the best of several runs, memory the peak that tracemalloc sees; both are given as ratios
of after to before, so that they mean the same on any machine. Nothing here asserts anything.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import time
import tracemalloc
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import reactivex as rx
from aiolimiter import AsyncLimiter
from reactivex import operators as ops

from transforms.runtime.operators import (
    concat_map,
    dynamic_semaphore,
    flat_map,
    last_value_from,
    poll,
    rate_limit,
)

Program = Callable[[int], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Pair:
    """An original and its rewriting; both get the number of items."""

    name: str
    before: Program
    after: Program


async def work(item: int) -> int:
    await asyncio.sleep(0)
    return item


async def bounded_before(items: int) -> object:
    semaphore = asyncio.Semaphore(100)

    async def one(item: int) -> int:
        async with semaphore:
            return await work(item)

    return await asyncio.gather(*[one(item) for item in range(items)])


async def bounded_after(items: int) -> object:
    source = rx.from_iterable(range(items))
    return await last_value_from(source.pipe(flat_map(work, max_concurrent=100), ops.to_list()))


async def unbounded_before(items: int) -> object:
    return await asyncio.gather(*[work(item) for item in range(items)])


async def unbounded_after(items: int) -> object:
    return await last_value_from(rx.from_iterable(range(items)).pipe(flat_map(work), ops.to_list()))


async def poll_before(items: int) -> object:
    while True:
        items = await work(items - 1)
        if not items:
            return items
        await asyncio.sleep(0)


async def poll_after(items: int) -> object:
    return await last_value_from(
        rx.interval(0).pipe(
            poll(lambda number: work(items - 1 - number)),
            ops.take_while(bool, inclusive=True),
            ops.last(),
        )
    )


async def chain_before(items: int) -> object:
    result = 0
    for item in range(items):
        result = await work(item)
    return result


async def chain_after(items: int) -> object:
    return await last_value_from(rx.from_iterable(range(items)).pipe(concat_map(work)))


async def delays_before(items: int) -> object:
    for _ in range(items):
        await asyncio.sleep(0)
    return None


async def delays_after(items: int) -> object:
    for _ in range(items):
        await last_value_from(rx.timer(0))
    return None


async def limited_before(items: int) -> object:
    limiter = AsyncLimiter(items, 1)
    for item in range(items):
        async with limiter:
            await work(item)
    return None


async def limited_after(items: int) -> object:
    limiter = rate_limit(items, 1)
    for item in range(items):
        async with limiter:
            await work(item)
    return None


async def semaphore_before(items: int) -> object:
    return await _through(asyncio.Semaphore(100), items)


async def semaphore_after(items: int) -> object:
    return await _through(dynamic_semaphore(100), items)


async def _through(semaphore: object, items: int) -> object:
    async def one(item: int) -> int:
        async with semaphore:  # type: ignore[attr-defined]
            return await work(item)

    return await asyncio.gather(*[one(item) for item in range(items)])


PAIRS = (
    Pair("flat_map(max_concurrent=100) / Semaphore + gather", bounded_before, bounded_after),
    Pair("flat_map / gather", unbounded_before, unbounded_after),
    Pair("poll / while + sleep", poll_before, poll_after),
    Pair("concat_map / for + await", chain_before, chain_after),
    Pair("rx.timer / sleep", delays_before, delays_after),
    Pair("rate_limit / AsyncLimiter", limited_before, limited_after),
    Pair("dynamic_semaphore / Semaphore", semaphore_before, semaphore_after),
)


def seconds(program: Program, items: int) -> float:
    async def main() -> float:
        gc.collect()
        started = time.perf_counter()
        await program(items)
        return time.perf_counter() - started

    return asyncio.run(main())


def peak_bytes(program: Program, items: int) -> int:
    async def main() -> int:
        gc.collect()
        tracemalloc.start()
        try:
            await program(items)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    return asyncio.run(main())


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--items", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--only", default="", help="part of a name")
    options = parser.parse_args()
    print(f"{'after / before':52} {'items':>8} {'time':>6} {'memory':>7}")
    for pair in PAIRS:
        if options.only not in pair.name:
            continue
        for items in options.items:
            # Interleaved, so that a slow spell of the machine meets both.
            runs = [
                (seconds(pair.before, items), seconds(pair.after, items))
                for _ in range(options.repeat)
            ]
            time_ratio = min(after for _, after in runs) / min(before for before, _ in runs)
            memory_ratio = peak_bytes(pair.after, items) / peak_bytes(pair.before, items)
            print(f"{pair.name:52} {items:8} {time_ratio:6.2f} {memory_ratio:7.2f}", flush=True)


if __name__ == "__main__":
    main()
