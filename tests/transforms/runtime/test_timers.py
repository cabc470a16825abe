"""Stock timers under ``last_value_from``: they tick as a loop around ``asyncio.sleep`` does."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
import reactivex as rx
from reactivex import Observable
from reactivex import operators as ops
from reactivex.subject import Subject

from codemods.verify.loop import VirtualLoop
from codemods.verify.patches import standing_in
from transforms.runtime.operators import (
    _Awaiter,
    do_action,
    from_async,
    last_value_from,
    poll,
    poll_after,
)

PERIODS = [0.1, 1 / 3, 2.5, 1e-7, 1e-9]
Note = Callable[[], None]


def _times(program: Callable[[Note], Awaitable[object]], blocked: float = 0.0) -> list[float]:
    """When the program noted something, in virtual time; each note may hold up the loop."""
    loop = VirtualLoop()
    started = loop.time()
    seen: list[float] = []

    def note() -> None:
        seen.append(loop.time() - started)
        if len(seen) % 3 == 1:
            loop.block_ns(round(blocked * 1e9))

    async def main() -> None:
        await program(note)

    with standing_in(loop):  # the wall clock, too, is the loop's
        loop.run_until_complete(main())
    loop.close()
    return seen


def _ticks(source: Observable[int], count: int = 20) -> Callable[[Note], Awaitable[object]]:
    async def program(note: Note) -> None:
        await last_value_from(source.pipe(ops.take(count), ops.do_action(lambda _: note())))

    return program


def _sleeps(first: float, period: float, count: int = 20) -> Callable[[Note], Awaitable[object]]:
    async def program(note: Note) -> None:
        await asyncio.sleep(first)
        for _ in range(count - 1):
            note()
            await asyncio.sleep(period)
        note()

    return program


@pytest.mark.parametrize("blocked", [0.0, 0.05, 7.0], ids="blocked {}".format)
@pytest.mark.parametrize("period", PERIODS)
@pytest.mark.parametrize("first", [0, 0.0, 1 / 7, 3])
def test_a_timer_ticks_as_a_loop_of_sleeps(first: float, period: float, blocked: float) -> None:
    expected = _times(_sleeps(first, period), blocked)
    assert _times(_ticks(rx.timer(first, period)), blocked) == expected


@pytest.mark.parametrize("blocked", [0.0, 0.05, 7.0], ids="blocked {}".format)
@pytest.mark.parametrize("period", PERIODS)
def test_an_interval_ticks_as_a_loop_of_sleeps(period: float, blocked: float) -> None:
    expected = _times(_sleeps(period, period), blocked)
    assert _times(_ticks(rx.interval(period)), blocked) == expected


@pytest.mark.parametrize("period", [0, 0.0, -0.0, -1, False])
def test_no_period_gives_way_between_ticks(period: float) -> None:
    order: list[str] = []

    async def program(note: Note) -> None:
        asyncio.get_running_loop().call_soon(order.append, "others")
        ticks = rx.timer(0, period).pipe(ops.take(3), ops.do_action(lambda _: order.append("tick")))
        await last_value_from(ticks)

    _times(program)
    assert order[:2] in (["tick", "others"], ["others", "tick"])
    assert order.count("tick") == 3


def test_spans_may_be_given_as_such() -> None:
    period = timedelta(microseconds=333_333)
    expected = _times(_sleeps(0, period.total_seconds()))
    assert _times(_ticks(rx.timer(0, period))) == expected


@pytest.mark.parametrize("first", [0, -1, timedelta(seconds=-1)])
def test_a_first_tick_at_once_comes_before_anything_else(first: Any) -> None:
    order: list[str] = []

    async def program(note: Note) -> None:
        asyncio.get_running_loop().call_soon(order.append, "others")
        ticks = rx.timer(first, 1).pipe(
            ops.take(2), ops.do_action(lambda n: order.append(f"tick {n}"))
        )
        await last_value_from(ticks)

    _times(program)
    assert order == ["tick 0", "others", "tick 1"]


def test_two_timers_in_one_pipeline_do_not_disturb_each_other() -> None:
    async def program(note: Note) -> None:
        both = rx.merge(
            rx.timer(0, 0.1).pipe(ops.take(5)), rx.timer(0, 0.1 + 1e-9).pipe(ops.take(5))
        )
        await last_value_from(both.pipe(ops.do_action(lambda _: note())))

    seen = _times(program)
    assert seen == pytest.approx(
        sorted(k * d for d in (0.1, 0.1 + 1e-9) for k in range(5)), abs=1e-7
    )


def test_an_operator_below_keeps_its_own_time() -> None:
    async def program(note: Note) -> None:
        late = rx.timer(0, 0.25).pipe(ops.take(4), ops.delay(0.1))
        await last_value_from(late.pipe(ops.do_action(lambda _: note())))

    assert _times(program) == pytest.approx([0.1, 0.35, 0.6, 0.85], abs=1e-5)


def test_a_date_is_met() -> None:
    async def program(note: Note) -> None:
        date = _Awaiter(asyncio.get_running_loop()).now + timedelta(seconds=2)
        await last_value_from(rx.timer(date).pipe(ops.do_action(lambda _: note())))

    assert _times(program) == pytest.approx([2.0], abs=1e-5)


@pytest.mark.parametrize("days", [1, 10])
def test_a_far_date_is_met_and_known(days: int) -> None:
    async def program(note: Note) -> None:
        scheduler = _Awaiter(asyncio.get_running_loop())
        date = scheduler.now + timedelta(days=days)
        await last_value_from(rx.timer(date).pipe(ops.do_action(lambda _: note())))
        assert abs(scheduler.now - date) < timedelta(milliseconds=1)

    assert _times(program) == pytest.approx([days * 86400], abs=1e-3)


def test_what_is_due_at_once_after_a_wait_is_done_at_once() -> None:
    async def program(note: Note) -> None:
        late = rx.timer(1.0).pipe(ops.delay(0.0), ops.do_action(lambda _: note()))
        await last_value_from(late)

    assert _times(program) == [1.0]


def test_what_a_step_has_done_at_once_does_not_wait_for_its_end() -> None:
    async def program(note: Note) -> None:
        asked = Subject[int]()

        async def ask() -> None:
            asked.on_next(1)
            await asyncio.sleep(5)
            asked.on_completed()

        answers = asked.pipe(ops.delay(0.0), ops.do_action(lambda _: note()))
        await last_value_from(rx.merge(answers, from_async(ask)))

    assert _times(program) == [0.0]


@pytest.mark.parametrize("period", [0, 0.0, -1])
def test_a_poll_without_a_period_takes_one_turn_of_the_loop_a_round(period: float) -> None:
    def turns_seen(polled: Callable[[list[int], list[int]], Awaitable[object]]) -> list[int]:
        turns: list[int] = []
        seen: list[int] = []

        async def others() -> None:
            for turn in range(20):
                turns.append(turn)
                await asyncio.sleep(0)

        async def program(note: Note) -> None:
            await asyncio.gather(others(), polled(turns, seen))

        _times(program)
        return seen

    async def loop(turns: list[int], seen: list[int]) -> None:
        while True:
            seen.append(len(turns))
            if len(turns) >= 10:
                break
            await asyncio.sleep(period)

    async def pipeline(turns: list[int], seen: list[int]) -> None:
        async def check(_: int) -> bool:
            seen.append(len(turns))
            return len(turns) < 10

        await last_value_from(
            rx.interval(period).pipe(poll(check), ops.take_while(bool, inclusive=True), ops.last())
        )

    assert turns_seen(pipeline) == turns_seen(loop)


@pytest.mark.parametrize(("operator", "first"), [(poll, 0.0), (poll_after, 1.0)])
def test_a_poll_without_a_check_gives_the_numbers(operator: Any, first: float) -> None:
    numbers: list[int] = []

    async def program(note: Note) -> None:
        async def action(number: int) -> None:
            note()
            numbers.append(number)

        rounds = rx.interval(1.0).pipe(operator(), ops.take(3))
        await last_value_from(rounds.pipe(do_action(action)))

    assert _times(program) == [first, first + 1, first + 2]
    assert numbers == [0, 1, 2]


def test_ticks_at_once_go_on_while_a_step_is_at_work() -> None:
    async def program(note: Note) -> None:
        async def work(_: int) -> None:
            await asyncio.sleep(1)

        ticks = rx.interval(0).pipe(ops.take(3), ops.do_action(lambda _: note()))
        await last_value_from(ticks.pipe(do_action(work)))

    assert _times(program) == [0.0, 0.0, 0.0]
