"""The operators against what they replace, side by side in one process.

    python tests/benchmarks/operators.py [--items 1000 10000 100000] [--repeat 3]
    python tests/benchmarks/operators.py --call 0.001 --items 500     (calls of a millisecond)

Each is compared with the asyncio, tenacity or aiolimiter original, and so is the idiom of stock
reactivex that one would write without thinking (where there is one; most of them are wrong, see
the negative controls). Time is the processor's where calls do nothing, else the clock's, the best
of several runs; memory is the peak that tracemalloc sees. All are ratios to the original, so that
they mean the same on any machine. Nothing here asserts anything.
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
from reactivex import Observable
from reactivex import operators as ops
from reactivex.scheduler import ThreadPoolScheduler
from reactivex.scheduler.eventloop import AsyncIOThreadSafeScheduler
from reactivex.subject import BehaviorSubject
from tenacity import AsyncRetrying
from tenacity import stop_after_attempt as tenacity_stop

from transforms.runtime.operators import (
    ConflictError,
    RetryPolicy,
    concat_map,
    dynamic_semaphore,
    flat_map,
    fork_join,
    from_async,
    in_executor,
    in_thread,
    last_value_from,
    occ_transition,
    poll,
    rate_limit,
    retry_when,
    stop_after_attempt,
    timeout,
    upload_with_retry,
)

Program = Callable[[int], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Trio:
    """An original, its rewriting, and the naive one; each gets the number of items."""

    name: str
    before: Program
    after: Program
    naive: Program | None = None


SECONDS_OF_A_CALL = 0.0


async def work(item: int) -> int:
    await asyncio.sleep(SECONDS_OF_A_CALL)
    return item


def started(item: int) -> Observable[int]:
    """What stock reactivex makes of a call."""
    return rx.from_future(asyncio.ensure_future(work(item)))


def deferred(item: int) -> Observable[int]:
    return rx.defer(lambda _: started(item))


async def bounded_before(items: int) -> object:
    semaphore = asyncio.Semaphore(100)

    async def one(item: int) -> int:
        async with semaphore:
            return await work(item)

    return await asyncio.gather(*[one(item) for item in range(items)])


async def bounded_after(items: int) -> object:
    source = rx.from_iterable(range(items))
    return await last_value_from(source.pipe(flat_map(work, max_concurrent=100), ops.to_list()))


async def bounded_naive(items: int) -> object:
    calls = rx.from_iterable(range(items)).pipe(ops.map(deferred))
    return await calls.pipe(ops.merge(max_concurrent=100), ops.to_list())


async def unbounded_before(items: int) -> object:
    return await asyncio.gather(*[work(item) for item in range(items)])


async def unbounded_after(items: int) -> object:
    return await last_value_from(rx.from_iterable(range(items)).pipe(flat_map(work), ops.to_list()))


async def unbounded_naive(items: int) -> object:
    return await rx.from_iterable(range(items)).pipe(ops.flat_map(started), ops.to_list())


async def poll_before(items: int) -> object:
    while True:
        items = await work(items - 1)
        if not items:
            return items
        await asyncio.sleep(SECONDS_OF_A_CALL)


async def poll_after(items: int) -> object:
    return await last_value_from(
        rx.interval(SECONDS_OF_A_CALL).pipe(
            poll(lambda number: work(items - 1 - number)),
            ops.take_while(bool, inclusive=True),
            ops.last(),
        )
    )


async def poll_naive(items: int) -> object:
    left = iter(range(items - 1, -1, -1))
    check = rx.defer(lambda _: started(next(left)))
    wait = rx.timer(SECONDS_OF_A_CALL).pipe(ops.ignore_elements())
    return await check.pipe(
        ops.concat(wait), ops.repeat(), ops.take_while(bool, inclusive=True), ops.last()
    )


async def chain_before(items: int) -> object:
    result = 0
    for item in range(items):
        result = await work(item)
    return result


async def chain_after(items: int) -> object:
    return await last_value_from(rx.from_iterable(range(items)).pipe(concat_map(work)))


async def chain_naive(items: int) -> object:
    return await rx.from_iterable(range(items)).pipe(ops.map(deferred), ops.merge(max_concurrent=1))


async def delays_before(items: int) -> object:
    for _ in range(items):
        await asyncio.sleep(SECONDS_OF_A_CALL)
    return None


async def delays_after(items: int) -> object:
    for _ in range(items):
        await last_value_from(rx.timer(SECONDS_OF_A_CALL))
    return None


async def delays_naive(items: int) -> object:
    for _ in range(items):
        await rx.timer(SECONDS_OF_A_CALL)
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


async def dynamic_after(items: int) -> object:
    return await _through(dynamic_semaphore(BehaviorSubject(100)), items)


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


async def fixed_naive(items: int) -> object:
    for item in range(0, items, 5):
        await rx.fork_join(*[started(item + n) for n in range(5)])
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


async def retried_naive(items: int) -> object:
    for item in range(items):
        await deferred(item).pipe(ops.retry(3))
    return None


async def _transition(item: int) -> object:
    """What one writes by hand around a call that may meet a conflict."""
    for attempt in range(5):
        try:
            return await work(item)
        except ConflictError:
            if attempt == 4:
                raise
            await asyncio.sleep(0.1 * 2**attempt)
    return None


async def transitions_before(items: int) -> object:
    for item in range(items):
        await _transition(item)
    return None


async def transitions_after(items: int) -> object:
    for item in range(items):
        await last_value_from(occ_transition(partial(work, item)))
    return None


async def uploads_after(items: int) -> object:
    for item in range(items):
        await last_value_from(upload_with_retry(item, work, retry_on=ConflictError))
    return None


async def in_time_before(items: int) -> object:
    for item in range(items):
        await asyncio.wait_for(work(item), 5)
    return None


async def in_time_after(items: int) -> object:
    for item in range(items):
        await last_value_from(from_async(work, item).pipe(timeout(5)))
    return None


async def in_time_naive(items: int) -> object:
    for item in range(items):
        await started(item).pipe(ops.timeout(5.0))
    return None


def block(item: int) -> int:
    if SECONDS_OF_A_CALL:
        time.sleep(SECONDS_OF_A_CALL)
    return item


async def threads_before(items: int) -> object:
    for item in range(items):
        await asyncio.to_thread(block, item)
    return None


async def threads_after(items: int) -> object:
    for item in range(items):
        await last_value_from(rx.from_callable(partial(block, item)).pipe(in_thread()))
    return None


async def threads_naive(items: int) -> object:
    pool = ThreadPoolScheduler(4)
    loop = AsyncIOThreadSafeScheduler(asyncio.get_running_loop())
    for item in range(items):
        job = rx.from_callable(partial(block, item), scheduler=pool)
        await job.pipe(ops.observe_on(loop))
    pool.executor.shutdown()
    return None


async def executor_before(items: int) -> object:
    loop = asyncio.get_running_loop()
    for item in range(items):
        await loop.run_in_executor(None, block, item)
    return None


async def executor_after(items: int) -> object:
    for item in range(items):
        await last_value_from(rx.from_callable(partial(block, item)).pipe(in_executor()))
    return None


TRIOS = (
    Trio("flat_map(bound) / Semaphore + gather", bounded_before, bounded_after, bounded_naive),
    Trio("flat_map / gather", unbounded_before, unbounded_after, unbounded_naive),
    Trio("fork_join / gather of five", fixed_before, fixed_after, fixed_naive),
    Trio("retry_when / AsyncRetrying", retried_before, retried_after, retried_naive),
    Trio("occ_transition / for + try", transitions_before, transitions_after),
    Trio("upload_with_retry / for + try", transitions_before, uploads_after),
    Trio("timeout / wait_for", in_time_before, in_time_after, in_time_naive),
    Trio("in_thread / to_thread", threads_before, threads_after, threads_naive),
    Trio("in_executor / run_in_executor", executor_before, executor_after),
    Trio("rate_limit / AsyncLimiter", limited_before, limited_after),
    Trio("dynamic_semaphore(n) / Semaphore", semaphore_before, semaphore_after),
    Trio("dynamic_semaphore(subject) / Semaphore", semaphore_before, dynamic_after),
    Trio("poll / while + sleep", poll_before, poll_after, poll_naive),
    Trio("concat_map / for + await", chain_before, chain_after, chain_naive),
    Trio("rx.timer / sleep", delays_before, delays_after, delays_naive),
)


def seconds(program: Program, items: int) -> float:
    clock = time.perf_counter if SECONDS_OF_A_CALL else time.process_time

    async def main() -> float:
        gc.collect()
        started = clock()
        await program(items)
        return clock() - started

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


def ratios(trio: Trio, items: int, repeat: int) -> list[float]:
    """Time and memory of the rewriting, then of the naive idiom if there is one."""
    programs = [program for program in (trio.before, trio.after, trio.naive) if program]
    # Interleaved, so that a slow spell of the machine meets all.
    rounds = [[seconds(program, items) for program in programs] for _ in range(repeat)]
    times = [min(column) for column in zip(*rounds, strict=True)]
    peaks = [peak_bytes(program, items) for program in programs]
    return [
        ratio
        for n in range(1, len(programs))
        for ratio in (times[n] / times[0], peaks[n] / peaks[0])
    ]


def main() -> None:
    global SECONDS_OF_A_CALL
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--items", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--only", default="", help="part of a name")
    parser.add_argument("--call", type=float, default=0.0, help="seconds that each call takes")
    options = parser.parse_args()
    SECONDS_OF_A_CALL = options.call
    heads = ("time", "memory", "naive time", "memory")
    print(f"{'ratio to the original':40} {'items':>7}", *[f"{head:>10}" for head in heads])
    for trio in TRIOS:
        if options.only not in trio.name:
            continue
        for items in options.items:
            columns = [f"{ratio:10.2f}" for ratio in ratios(trio, items, options.repeat)]
            print(f"{trio.name:40} {items:7}", *columns, flush=True)


if __name__ == "__main__":
    main()
