"""Events that are subjects, and what stands at the gate that they shut."""

from __future__ import annotations

import asyncio
import copy
import pickle
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest
import reactivex as rx
from reactivex import operators as ops

from codemods.verify.loop import VirtualLoop
from codemods.verify.patches import standing_in
from transforms.runtime.operators import (
    EventSubject,
    concat_map,
    do_action,
    flat_map,
    forever,
    last_value_from,
    pull_from,
    take_until,
)


def in_virtual_time(main: Callable[[], Coroutine[Any, Any, object]]) -> Any:
    loop = VirtualLoop()
    try:
        with standing_in(loop):
            return loop.run(main())
    finally:
        loop.close()


class Steps:
    """A step that takes a second, and may set the event after so many."""

    def __init__(self, event: EventSubject | None = None, last: int = 0) -> None:
        self.event = event
        self.last = last
        self.log: list[object] = []

    async def __call__(self, item: object) -> object:
        self.log.append(item)
        if self.event is not None and len(self.log) == self.last:
            self.event.set()
        await asyncio.sleep(1)
        return item


# --- the event -----------------------------------------------------------------------------


def test_who_waits_is_woken_in_the_order_of_arrival() -> None:
    async def main() -> list[int]:
        event, woken = EventSubject(), list[int]()

        async def waiter(number: int) -> None:
            assert await event.wait() is True
            woken.append(number)

        tasks = [asyncio.create_task(waiter(number)) for number in range(4)]
        await asyncio.sleep(0)
        tasks[1].cancel()
        event.set()
        event.clear()  # who was woken stays awake
        await asyncio.wait(tasks)
        return woken

    assert in_virtual_time(main) == [0, 2, 3]


def test_waiting_for_a_set_event_takes_no_turn_of_the_loop() -> None:
    async def main() -> bool:
        event = EventSubject()
        event.set()
        asyncio.get_running_loop().call_soon(event.clear)
        await event.wait()
        return event.is_set()

    assert in_virtual_time(main) is True


def test_a_subscriber_hears_the_state_and_its_changes_once() -> None:
    heard: list[bool] = []
    event = EventSubject()
    event.set()
    event.subscribe(heard.append)
    event.set()
    event.clear()
    event.clear()
    event.on_next(True)
    assert heard == [True, False, True]
    assert event.is_set()


def test_on_next_wakes_as_set_does() -> None:
    async def main() -> bool:
        event = EventSubject()
        asyncio.get_running_loop().call_later(1, event.on_next, True)
        return await event.wait()

    assert in_virtual_time(main) is True


def test_no_waiter_is_left_behind_and_the_text_counts_them() -> None:
    async def main() -> tuple[str, str]:
        event = EventSubject()
        task = asyncio.create_task(event.wait())
        await asyncio.sleep(0)
        during = repr(event)
        task.cancel()
        await asyncio.wait([task])
        return during, repr(event)

    during, after = in_virtual_time(main)
    assert during.endswith("[unset, waiters:1]>")
    assert after.endswith("[unset]>")


def test_who_waits_binds_it_to_the_loop() -> None:
    event = EventSubject()

    async def wait() -> None:
        asyncio.get_running_loop().call_soon(event.set)
        await event.wait()
        event.clear()

    in_virtual_time(wait)
    with pytest.raises(RuntimeError, match="bound to a different event loop"):
        in_virtual_time(wait)


def test_a_copy_has_the_state_and_a_life_of_its_own() -> None:
    event = EventSubject()
    event.set()
    for twin in (copy.copy(event), copy.deepcopy(event), pickle.loads(pickle.dumps(event))):
        assert twin.is_set()
        twin.clear()
        assert event.is_set()


# --- the gate ------------------------------------------------------------------------------


@pytest.mark.parametrize("operator", [concat_map, do_action], ids=["concat_map", "do_action"])
def test_an_item_is_taken_when_the_last_step_has_ended(operator: Any) -> None:
    taken: list[tuple[int, int]] = []

    async def main() -> object:
        steps = Steps()

        def items() -> Iterator[int]:
            for number in range(3):
                taken.append((number, len(steps.log)))
                yield number

        return await last_value_from(pull_from(items()).pipe(operator(steps)))

    assert in_virtual_time(main) == 2
    assert taken == [(0, 0), (1, 1), (2, 2)]


def test_the_round_that_sets_the_signal_is_the_last() -> None:
    event = EventSubject()
    steps = Steps(event, last=3)

    async def main() -> object:
        return await last_value_from(forever().pipe(take_until(event), concat_map(steps)))

    assert in_virtual_time(main) == 2
    assert steps.log == [0, 1, 2]


def test_a_signal_that_is_cleared_before_it_is_looked_at_ends_nothing() -> None:
    event = EventSubject()
    steps = Steps()

    async def main() -> object:
        loop = asyncio.get_running_loop()
        for at, act in ((0.2, event.set), (0.8, event.clear), (3.5, event.set)):
            loop.call_later(at, act)
        return await last_value_from(forever().pipe(take_until(event), concat_map(steps)))

    assert in_virtual_time(main) == 3


def test_a_signal_that_was_set_before_lets_nothing_start() -> None:
    event = EventSubject()
    event.set()
    steps = Steps()

    async def main() -> object:
        source = pull_from([1, 2]).pipe(
            take_until(event), concat_map(steps), ops.default_if_empty("no")
        )
        return await last_value_from(source)

    assert in_virtual_time(main) == "no"
    assert steps.log == []


@pytest.mark.parametrize("items", [[], [1, 2]], ids=["no items", "shut"])
def test_a_loop_of_no_rounds_takes_no_turn_of_the_event_loop(items: list[int]) -> None:
    event = EventSubject()
    event.set()
    turns: list[str] = []

    async def main() -> None:
        asyncio.get_running_loop().call_soon(turns.append, "another's turn")
        source = pull_from(items).pipe(take_until(event), concat_map(Steps()))
        await last_value_from(source.pipe(ops.default_if_empty()))
        turns.append("ours")

    in_virtual_time(main)
    assert turns[0] == "ours"


def test_steps_that_do_not_wait_take_no_turn_either() -> None:
    turns: list[object] = []

    async def step(item: int) -> None:
        turns.append(item)

    async def main() -> None:
        asyncio.get_running_loop().call_soon(turns.append, "another's turn")
        await last_value_from(pull_from([1, 2]).pipe(concat_map(step)))

    in_virtual_time(main)
    assert turns[:2] == [1, 2]


def test_it_is_true_as_any_object_is() -> None:
    assert EventSubject()


def test_a_round_that_breaks_takes_no_further_item() -> None:
    event, taken, seen = EventSubject(), list[int](), list[int]()

    async def step(item: int) -> bool:
        await asyncio.sleep(1)
        seen.append(item)
        return item < 2

    async def main() -> object:
        def items() -> Iterator[int]:
            for number in range(5):
                taken.append(number)
                yield number

        gated = pull_from(items()).pipe(take_until(event), concat_map(step))
        result = await last_value_from(
            gated.pipe(ops.take_while(lambda going: going), ops.default_if_empty())
        )
        assert len(asyncio.all_tasks()) == 1
        await asyncio.sleep(5)
        return result

    assert in_virtual_time(main) is True
    assert taken == seen == [0, 1, 2]


def test_each_subscription_begins_anew() -> None:
    event = EventSubject()
    source = forever().pipe(take_until(event), concat_map(Steps(event, last=2)), ops.count())

    async def main() -> list[object]:
        first = await last_value_from(source)
        event.clear()
        asyncio.get_running_loop().call_later(0.5, event.set)
        return [first, await last_value_from(source)]

    assert in_virtual_time(main) == [2, 1]


def test_what_the_items_raise_is_raised_and_nothing_more_is_taken() -> None:
    steps = Steps()

    def items() -> Iterator[int]:
        yield 1
        raise LookupError("two")

    async def main() -> object:
        return await last_value_from(pull_from(items()).pipe(concat_map(steps)))

    with pytest.raises(LookupError, match="two"):
        in_virtual_time(main)
    assert steps.log == [1]


def test_in_front_of_a_bounded_fan_out_over_an_iterable_the_gate_shuts_where_items_start() -> None:
    event = EventSubject()
    steps = Steps()

    async def main() -> object:
        asyncio.get_running_loop().call_later(1.5, event.set)
        fan_out = flat_map(steps, max_concurrent=2)
        return await last_value_from(
            rx.from_iterable(range(9)).pipe(take_until(event), fan_out, ops.to_list())
        )

    assert in_virtual_time(main) == [0, 1, 2, 3]
    assert event.observers == []


def test_items_without_an_operator_that_asks_come_all_at_once() -> None:
    event = EventSubject()
    heard: list[object] = []
    pull_from("abc").pipe(take_until(event)).subscribe(heard.append, on_completed=event.set)
    pull_from("def").pipe(take_until(event)).subscribe(heard.append, on_completed=event.clear)
    assert heard == ["a", "b", "c"]
    assert not event.is_set()


@pytest.mark.parametrize("bound", [None, 2])
def test_a_fan_out_takes_all_items_at_once(bound: int | None) -> None:
    async def main() -> object:
        fan_out = flat_map(Steps(), max_concurrent=bound)
        return await last_value_from(pull_from([1, 2, 3]).pipe(fan_out, ops.to_list()))

    assert in_virtual_time(main) == [1, 2, 3]


def test_items_that_need_no_time_give_way_once() -> None:
    async def main() -> list[str]:
        turns: list[str] = []
        asyncio.get_running_loop().call_soon(turns.append, "another's turn")
        await last_value_from(pull_from([1, 2]).pipe(ops.to_list()))
        return list(turns)

    assert in_virtual_time(main) == ["another's turn"]


class Incomparable:
    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        raise AssertionError("compared")


def test_items_are_not_compared() -> None:
    items = [Incomparable(), Incomparable()]

    async def main() -> object:
        return await last_value_from(pull_from(items).pipe(do_action(Steps()), ops.count()))

    assert in_virtual_time(main) == 2


def test_the_wait_for_a_step_is_cancelled_with_the_caller() -> None:
    event = EventSubject()
    steps = Steps()

    async def main() -> object:
        task = asyncio.create_task(
            last_value_from(forever().pipe(take_until(event), concat_map(steps)))  # type: ignore[arg-type]
        )
        await asyncio.sleep(1.5)
        task.cancel()
        await asyncio.wait([task])
        await asyncio.sleep(5)
        return task.cancelled()

    assert in_virtual_time(main) is True
    assert steps.log == [0, 1]
