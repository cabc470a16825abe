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
from functools import partial

import reactivex as rx
from aiolimiter import AsyncLimiter
from reactivex import operators as ops
from tenacity import AsyncRetrying
from tenacity import stop_after_attempt as tenacity_stop

from transforms.runtime.operators import (
    RetryPolicy,
    concat_map,
    dynamic_semaphore,
    flat_map,
    fork_join,
    from_async,
    in_thread,
    last_value_from,
    poll,
    rate_limit,
    retry_when,
    stop_after_attempt,
    timeout,
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


async def fixed_before(items: int) -> object:
    for item in range(0, items, 5):
        await asyncio.gather(*[work(item + n) for n in range(5)])
    return None


async def fixed_after(items: int) -> object:
    for item in range(0, items, 5):
        await last_value_from(fork_join(*[partial(work, item + n) for n in range(5)]))
    return None


async def retried_before(items: int) -> object:
    for item in range(items):
        await AsyncRetrying(stop=tenacity_stop(3))(work, item)
    return None


async def retried_after(items: int) -> object:
    policy = RetryPolicy(stop=stop_after_attempt(3))
    for item in range(items):
        await last_value_from(from_async(work, item).pipe(retry_when(policy)))
    return None


async def in_time_before(items: int) -> object:
    for item in range(items):
        await asyncio.wait_for(work(item), 5)
    return None


async def in_time_after(items: int) -> object:
    for item in range(items):
        await last_value_from(from_async(work, item).pipe(timeout(5)))
    return None


async def threads_before(items: int) -> object:
    for item in range(items):
        await asyncio.to_thread(abs, item)
    return None


async def threads_after(items: int) -> object:
    for item in range(items):
        await last_value_from(rx.from_callable(partial(abs, item)).pipe(in_thread()))
    return None


PAIRS = (
    Pair("flat_map(max_concurrent=100) / Semaphore + gather", bounded_before, bounded_after),
    Pair("flat_map / gather", unbounded_before, unbounded_after),
    Pair("poll / while + sleep", poll_before, poll_after),
    Pair("concat_map / for + await", chain_before, chain_after),
    Pair("rx.timer / sleep", delays_before, delays_after),
    Pair("rate_limit / AsyncLimiter", limited_before, limited_after),
    Pair("dynamic_semaphore / Semaphore", semaphore_before, semaphore_after),
    Pair("fork_join / gather of five", fixed_before, fixed_after),
    Pair("retry_when / AsyncRetrying", retried_before, retried_after),
    Pair("timeout / wait_for", in_time_before, in_time_after),
    Pair("in_thread / to_thread", threads_before, threads_after),
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
