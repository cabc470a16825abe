"""A limit that changes while work is under way."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from itertools import count

import reactivex as rx
from reactivex import operators as ops
from reactivex.subject import BehaviorSubject

from codemods.verify.patterns.examine import (
    Evidence,
    Numbers,
    Traffic,
    cancel_everywhere,
    examine,
    expect,
    milliseconds,
    settle,
)
from transforms.runtime.operators import (
    DynamicSemaphore,
    dynamic_semaphore,
    flat_map,
    last_value_from,
)


async def limits() -> tuple[bool, Evidence]:
    """Twenty items, the limit dropped and raised mid-stream."""
    return await examine(
        [
            dropped_and_raised,
            control_with_a_fixed_limit,
            dropped_to_zero_and_raised,
            changed_all_the_time,
            with_errors_inside,
            cancelled_at_every_await_point,
        ]
    )


class _Line:
    """Items that go through a gate; notes each start with the limit of that moment."""

    def __init__(self, gate: DynamicSemaphore, limit: BehaviorSubject[int]) -> None:
        self.gate = gate
        self.limit = limit
        self.previous = 0
        """The limit before, for those who may have been given their places under it."""
        self.traffic = Traffic()
        self.starts: list[int] = []
        self.crowds: list[tuple[int, int]] = []
        """For each start: how many were inside then, and the limit."""
        self.started_at: list[float] = []

    async def work(self, item: int, seconds: float = 0.02) -> int:
        async with self.gate:
            with self.traffic.passing():
                self.starts.append(item)
                limit = max(self.limit.value, self.previous)
                self.crowds.append((self.traffic.inside, limit))
                self.started_at.append(time.monotonic())
                await asyncio.sleep(seconds)
                return item

    async def until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            await asyncio.sleep(0.001)

    def ceiling(self, since: int) -> int:
        """The largest crowd that a start after the first ``since`` ones made."""
        return max((crowd for crowd, _ in self.crowds[since:]), default=0)

    async def all_of(self, items: int) -> list[int]:
        return await last_value_from(rx.range(items).pipe(flat_map(self.work), ops.to_list()))

    def check_complete(self, items: int, results: list[int]) -> None:
        expect(results == list(range(items)), f"results {results}")
        expect(sorted(self.starts) == list(range(items)), f"starts {self.starts}")
        expect(self.traffic.cancelled == 0, f"{self.traffic.cancelled} cancelled")


def _line(limit: int) -> _Line:
    subject = BehaviorSubject(limit)
    return _Line(dynamic_semaphore(subject), subject)


async def _drop_and_raise(line: _Line) -> tuple[list[int], Numbers]:
    """10, dropped to 2 when ten are inside, raised to 5 when fifteen are done."""
    traffic = line.traffic
    run = asyncio.ensure_future(line.all_of(20))
    await line.until(lambda: traffic.inside == 10)
    line.limit.on_next(2)
    dropped_at = traffic.started
    await line.until(lambda: traffic.finished >= 14)
    low = line.ceiling(dropped_at)
    raised_at = traffic.started
    line.limit.on_next(5)
    results = await run
    numbers: Numbers = {
        "ceiling at limit 10": line.ceiling(0),
        "ceiling at limit 2": low,
        "ceiling at limit 5": line.ceiling(raised_at),
    }
    return results, numbers


async def dropped_and_raised() -> Numbers:
    line = _line(10)
    results, numbers = await _drop_and_raise(line)
    line.check_complete(20, results)
    ten, two, five = (int(str(number)) for number in numbers.values())
    expect((ten, two) == (10, 2) and 2 < five <= 5, f"ceilings {numbers}")
    twice = len(line.starts) - len(set(line.starts))
    return {
        **numbers,
        "items": len(results),
        "started twice": twice,
        "cancelled": line.traffic.cancelled,
    }


async def control_with_a_fixed_limit() -> Numbers:
    """A semaphore that does not follow its limit must be found out: the check can fail."""
    subject = BehaviorSubject(10)
    line = _Line(dynamic_semaphore(10), subject)
    _, numbers = await _drop_and_raise(line)
    expect(numbers["ceiling at limit 2"] == 10, "the control kept the limit")
    return numbers


async def dropped_to_zero_and_raised() -> Numbers:
    """Nothing starts at zero, what is inside ends, and a rise starts work at once."""
    line = _line(3)
    traffic = line.traffic
    run = asyncio.ensure_future(line.all_of(40))
    await line.until(lambda: traffic.finished >= 4)
    line.limit.on_next(7)
    await settle()
    line.limit.on_next(0)
    await settle()  # who had been given a place when the limit dropped keeps it
    at_zero = traffic.started
    await asyncio.sleep(0.15)
    late = traffic.started - at_zero
    expect(late == 0, f"{late} starts at limit 0")
    expect(traffic.inside == 0, f"{traffic.inside} still inside")
    raised_at = time.monotonic()
    line.limit.on_next(6)
    results = await run
    line.check_complete(40, results)
    latency = line.started_at[at_zero] - raised_at
    expect(latency < 0.5, f"{latency:.3f} s from the rise to the next start")
    high = line.ceiling(at_zero)
    expect(high == 6, f"ceiling {high} at limit 6")
    return {
        "starts at limit 0": late,
        "ceiling at limit 6": high,
        "rise to start (ms)": milliseconds(latency),
        "items": len(results),
    }


async def changed_all_the_time() -> Numbers:
    """Two hundred changes at random: no start ever makes a larger crowd than the limit."""
    line, draw = _line(4), random.Random(7)
    run = asyncio.ensure_future(line.all_of(200))
    changes = zeroes = 0
    while changes < 200:
        limit = draw.choice([0, 1, 2, 3, 5, 8, 13])
        line.previous = line.limit.value
        line.limit.on_next(limit)
        changes += 1
        zeroes += limit == 0
        await settle()
        await asyncio.sleep(draw.choice([0.0, 0.0, 0.002]))
    line.limit.on_next(13)
    results = await run
    line.check_complete(200, results)
    # Who was given a place just before a change starts just after it.
    over = [crowd for crowd, limit in line.crowds if crowd > limit]
    expect(not over, f"{len(over)} starts above the limit: {over}")
    expect(len({limit for _, limit in line.crowds}) > 3, "few limits were in force at a start")
    expect(line.ceiling(0) <= 13, f"ceiling {line.ceiling(0)}")
    return {
        "changes": changes,
        "to zero": zeroes,
        "items": len(results),
        "above the limit": len(over),
        "ceiling": line.ceiling(0),
    }


async def with_errors_inside() -> Numbers:
    """An item that fails gives its place back."""
    line = _line(2)

    async def work(item: int) -> int:
        await line.work(item, 0.001)
        async with line.gate:
            if item % 2:
                raise LookupError(item)
        return item

    source = rx.range(20)
    results = await last_value_from(
        source.pipe(flat_map(work, return_exceptions=True), ops.to_list())
    )
    failed = [item for item in results if isinstance(item, LookupError)]
    expect(len(failed) == 10, f"{len(failed)} errors")
    expect(line.ceiling(0) == 2, f"ceiling {line.ceiling(0)}")
    await _check_all_places_free(line.gate, 2)
    return {"errors": len(failed), "ceiling": line.ceiling(0)}


async def _check_all_places_free(gate: DynamicSemaphore, places: int) -> None:
    for place in range(places):
        expect(not gate.locked(), f"only {place} of {places} places are free")
        await gate.acquire()
    expect(gate.locked(), "there is a place too many")
    for _ in range(places):
        gate.release()


async def cancelled_at_every_await_point() -> Numbers:
    """No place is lost or made, whoever held it, waited for it, or had just been given it."""
    line = _line(3)
    changes = count()

    async def run() -> None:
        line.limit.on_next(3)

        async def change_and_work(item: int) -> int:
            if item == 3:
                line.limit.on_next(1)
            done = await line.work(item, 0.001)
            if item == 4:
                line.limit.on_next(2)
            next(changes)
            return done

        await last_value_from(rx.range(6).pipe(flat_map(change_and_work), ops.to_list()))

    async def check() -> None:
        expect(line.traffic.inside == 0, f"{line.traffic.inside} still inside")
        await _check_all_places_free(line.gate, line.limit.value)

    numbers = await cancel_everywhere(run, check)
    expect(line.traffic.cancelled > 0, "nobody was cancelled")
    return {**numbers, "items cancelled": line.traffic.cancelled, "items done": next(changes)}
