"""The operators one by one, in virtual time: what the worlds of ``verify`` seldom meet."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import suppress
from contextvars import ContextVar
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import reactivex as rx
import tenacity
from aiolimiter import AsyncLimiter
from reactivex import Observable
from reactivex import operators as ops
from reactivex.internal.exceptions import SequenceContainsNoElementsError
from reactivex.subject import BehaviorSubject, ReplaySubject, Subject

from codemods.verify.loop import VirtualLoop
from codemods.verify.patches import standing_in
from transforms.runtime import operators
from transforms.runtime.operators import (
    PENDING,
    Attempt,
    ConflictError,
    RetryError,
    RetryPolicy,
    RetryState,
    TryAgain,
    all_of,
    any_of,
    concat_map,
    do_action,
    dynamic_semaphore,
    flat_map,
    fork_join,
    from_async,
    from_awaitable,
    in_executor,
    in_thread,
    last_value_from,
    occ_transition,
    poll,
    rate_limit,
    retry_if_exception,
    retry_if_exception_type,
    retry_if_not_exception_type,
    retry_if_not_result,
    retry_if_result,
    retry_when,
    shutdown_gate,
    stop_after_attempt,
    stop_after_delay,
    stop_before_delay,
    stop_never,
    timeout,
    upload_with_retry,
    wait_chain,
    wait_combine,
    wait_exponential,
    wait_exponential_jitter,
    wait_fixed,
    wait_incrementing,
    wait_random,
    wait_random_exponential,
)

Main = Callable[[], Coroutine[Any, Any, object]]
VARIABLE: ContextVar[str] = ContextVar("VARIABLE", default="unset")


def in_virtual_time(main: Main) -> Any:
    """Run ``main``; nothing may be left behind, and the loop may not have had to complain."""
    complaints: list[str] = []

    async def and_nothing_is_left() -> object:
        result = await main()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        left = asyncio.all_tasks() - {asyncio.current_task()}
        assert not left
        return result

    loop = VirtualLoop()
    loop.set_exception_handler(lambda _, context: complaints.append(str(context)))
    try:
        with standing_in(loop):
            result = loop.run(and_nothing_is_left())
    finally:
        loop.close()
    assert complaints == []
    return result


def elapsed(main: Main) -> float:
    """How long ``main`` takes, in virtual seconds."""

    async def measured() -> float:
        loop = asyncio.get_running_loop()
        start = loop.time()
        await main()
        return round(loop.time() - start, 6)

    return float(in_virtual_time(measured))


def raised_by(main: Main) -> BaseException:
    async def caught() -> BaseException | None:
        try:
            await main()
        except BaseException as error:
            return error
        return None

    error = in_virtual_time(caught)
    assert isinstance(error, BaseException), "nothing was raised"
    return error


class Calls:
    """A call that takes a second, and fails the first so many times."""

    def __init__(self, failures: int = 0, error: Callable[[], BaseException] = LookupError) -> None:
        self.failures = failures
        self.error = error
        self.made = 0
        self.log: list[str] = []
        self.raised: list[BaseException] = []

    async def __call__(self, *args: object) -> int:
        self.made += 1
        number = self.made
        self.log.append(f"start {number}")
        try:
            await asyncio.sleep(1)
        except asyncio.CancelledError:
            self.log.append(f"cancel {number}")
            await asyncio.sleep(0.5)
            self.log.append(f"cleaned {number}")
            raise
        if number <= self.failures:
            self.raised.append(self.error())
            raise self.raised[-1]
        self.log.append(f"end {number}")
        return number


def raising_observer(error: Exception) -> Callable[[Observable[Any]], Observable[Any]]:
    def operator(source: Observable[Any]) -> Observable[Any]:
        def on_next(_: object) -> None:
            raise error

        return rx.create(
            lambda observer, scheduler: source.subscribe(
                on_next, observer.on_error, observer.on_completed, scheduler=scheduler
            )
        )

    return operator


def test_all_is_sorted_and_there() -> None:
    names = operators.__all__
    assert names == sorted(names, key=lambda name: (not name.isupper(), name[0].islower(), name))
    assert all(hasattr(operators, name) for name in names)


def test_every_public_operator_has_a_contract() -> None:
    for name in ("flat_map", "fork_join", "timeout", "retry_when", "shutdown_gate", "in_thread"):
        text = getattr(operators, name).__doc__
        missing = [
            word for word in ("Output:", "Terminal:", "Retry:", "Cancellation:") if word not in text
        ]
        assert not missing, f"{name}: {missing}"


# --- an observer that raises -------------------------------------------------------------


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(lambda: rx.of(1, 2, 3).pipe(flat_map(Calls())), id="flat_map"),
        pytest.param(
            lambda: rx.of(1, 2, 3).pipe(flat_map(Calls(), max_concurrent=2)), id="flat_map bounded"
        ),
        pytest.param(lambda: rx.of(1).pipe(concat_map(Calls())), id="concat_map"),
        pytest.param(lambda: rx.interval(1).pipe(poll(Calls())), id="poll"),
        pytest.param(lambda: rx.timer(1), id="timer"),
        pytest.param(lambda: rx.interval(1), id="interval"),
        pytest.param(lambda: from_async(Calls()), id="from_async"),
        pytest.param(lambda: rx.merge(from_async(Calls()), from_async(Calls())), id="spawned"),
        pytest.param(
            lambda: rx.merge(from_async(asyncio.sleep, 5), from_async(Calls())), id="spawned first"
        ),
    ],
)
def test_observer_that_raises_ends_the_wait(source: Callable[[], Observable[Any]]) -> None:
    error = LookupError("an observer")

    async def main() -> None:
        try:
            await last_value_from(source().pipe(raising_observer(error)))
        finally:
            await asyncio.sleep(10)  # the siblings of a fan-out go on

    assert raised_by(main) is error


def test_observer_that_raises_where_nobody_awaits_is_the_loops_affair() -> None:
    complaints: list[object] = []
    error = LookupError("an observer")

    async def main() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: complaints.append(context["exception"]))
        from_async(Calls()).pipe(raising_observer(error)).subscribe()
        await asyncio.sleep(2)

    in_virtual_time(main)
    assert complaints == [error]


# --- steps beside the one that the awaiting task does ------------------------------------


def test_steps_that_come_together_run_side_by_side() -> None:
    async def main() -> object:
        calls = Calls()
        later = rx.timer(0.5).pipe(concat_map(calls))
        both = rx.merge(from_async(calls), from_async(calls), later)
        return await last_value_from(both.pipe(ops.to_list()))

    assert in_virtual_time(main) == [1, 2, 3]
    assert elapsed(main) == 1.5


def test_a_step_beside_is_cancelled_with_the_caller_who_waits_for_its_cleanup() -> None:
    calls = Calls()

    async def main() -> None:
        both = rx.merge(from_async(asyncio.sleep, 0.25), from_async(calls))
        awaiting = asyncio.ensure_future(last_value_from(both))
        await asyncio.sleep(0.5)
        awaiting.cancel("enough")
        with pytest.raises(asyncio.CancelledError, match="enough"):
            await awaiting

    assert elapsed(main) == 1
    assert calls.log == ["start 1", "cancel 1", "cleaned 1"]


def test_an_error_of_a_step_beside_is_the_affair_of_the_operators_behind() -> None:
    async def main() -> object:
        both = rx.merge(from_async(asyncio.sleep, 5), from_async(Calls(1)))
        return await last_value_from(both.pipe(ops.catch(rx.of("caught"))))

    assert in_virtual_time(main) == "caught"


def test_a_future_is_awaited_as_a_coroutine_is() -> None:
    async def main() -> object:
        future = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_later(1, future.set_result, "its result")
        return await last_value_from(rx.of(1).pipe(concat_map(lambda _: future)))

    assert in_virtual_time(main) == "its result"


def test_a_fan_out_has_no_negative_bound() -> None:
    with pytest.raises(ValueError, match="must be >= 0"):
        flat_map(untouchable, max_concurrent=-1)


def test_a_step_beside_may_answer_its_cancellation() -> None:
    async def stubborn() -> object:
        try:
            await asyncio.sleep(5)
        except asyncio.CancelledError as error:
            return error.args
        return None

    async def main() -> object:
        both = rx.merge(from_async(asyncio.sleep, 0.25), from_async(stubborn))
        awaiting = asyncio.ensure_future(last_value_from(both))
        asyncio.get_running_loop().call_later(0.5, awaiting.cancel, "enough")
        return await awaiting

    assert in_virtual_time(main) == ("enough",)


@pytest.mark.parametrize("bound", [None, 1, 2])
def test_items_that_fail_one_after_the_other_leave_nothing_behind(bound: int | None) -> None:
    calls = Calls(9)

    async def main() -> None:
        with pytest.raises(LookupError):
            await last_value_from(rx.range(6).pipe(flat_map(calls, max_concurrent=bound)))
        await asyncio.sleep(10)

    in_virtual_time(main)
    assert calls.made == 6


@pytest.mark.parametrize("bound", [None, 1, 2])
def test_a_source_that_takes_its_time_ends_the_fan_out(bound: int | None) -> None:
    async def main() -> object:
        items = rx.interval(3).pipe(
            ops.take(3), ops.concat(rx.timer(5).pipe(ops.ignore_elements()))
        )
        return await last_value_from(
            items.pipe(flat_map(Calls(), max_concurrent=bound), ops.to_list())
        )

    assert in_virtual_time(main) == [1, 2, 3]
    assert elapsed(main) == 14


class Untouchable:
    """A value that nobody may compare, hash or ask whether it is true, as arrays are."""

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        raise AssertionError("compared")

    def __bool__(self) -> bool:
        raise AssertionError("asked whether it is true")


async def untouchable(*_: object) -> object:
    return Untouchable()


@pytest.mark.parametrize(
    "pipeline",
    [
        lambda: rx.of(0).pipe(flat_map(untouchable)),
        lambda: rx.range(3).pipe(flat_map(untouchable, max_concurrent=1)),
        lambda: rx.of(0).pipe(concat_map(untouchable)),
        lambda: rx.of(Untouchable()).pipe(do_action(untouchable)),
        lambda: rx.interval(1).pipe(poll(untouchable), ops.take(1)),
        lambda: fork_join(untouchable, untouchable).pipe(ops.map(lambda both: both[1])),
        lambda: from_async(untouchable).pipe(retry_when(RetryPolicy())),
        lambda: from_async(untouchable).pipe(timeout(1)),
        lambda: rx.from_callable(Untouchable).pipe(in_thread()),
        lambda: occ_transition(untouchable),
        lambda: occ_transition(Calls(9), 1, conflict=LookupError, exhausted=Untouchable()),
        lambda: upload_with_retry(0, Calls(9), 1, exhausted=Untouchable()),
    ],
)
def test_values_are_handed_on_unseen(pipeline: Callable[[], Observable[Any]]) -> None:
    async def main() -> object:
        return await last_value_from(pipeline())

    assert type(in_virtual_time(main)) is Untouchable


def test_kill_gives_results_unseen() -> None:
    signals, results = Signals(), list[object]()

    async def call(item: int) -> object:
        await asyncio.sleep(10 if item == 0 else 0)
        return Untouchable()

    async def main() -> None:
        after(1, signals.kill)
        source = signals.gate(rx.range(2))
        await last_value_from(source.pipe(flat_map(call), ops.do_action(results.append)))

    in_virtual_time(main)
    assert [type(result) for result in results] == [Untouchable]


@pytest.mark.parametrize(
    "call",
    [
        lambda: flat_map(untouchable, 3),  # type: ignore[misc]
        lambda: in_executor(None, None),  # type: ignore[misc]
        lambda: occ_transition(untouchable, 5, 0.1, 10.0),  # type: ignore[misc]
        lambda: upload_with_retry(0, untouchable, 5, 0.5),  # type: ignore[misc]
    ],
)
def test_options_are_given_by_name(call: Callable[[], object]) -> None:
    with pytest.raises(TypeError, match="positional"):
        call()


# --- awaited as stock observables are ------------------------------------------------------


@pytest.mark.parametrize(
    ("pipeline", "last"),
    [
        pytest.param(lambda: rx.range(3).pipe(flat_map(Calls()), ops.to_list()), [1, 2, 3]),
        pytest.param(
            lambda: rx.range(3).pipe(flat_map(Calls(), max_concurrent=2), ops.to_list()), [1, 2, 3]
        ),
        pytest.param(lambda: rx.range(3).pipe(concat_map(Calls()), ops.to_list()), [1, 2, 3]),
        pytest.param(lambda: rx.range(3).pipe(do_action(Calls()), ops.to_list()), [0, 1, 2]),
        pytest.param(lambda: fork_join(Calls(), Calls()), [1, 1]),
        pytest.param(lambda: from_async(Calls()), 1),
        pytest.param(lambda: from_async(Calls()).pipe(timeout(2)), 1),
        pytest.param(lambda: occ_transition(Calls(1), conflict=LookupError), 2),
        pytest.param(lambda: upload_with_retry(0, Calls(1)), 2),
        pytest.param(lambda: from_async(Calls(1)).pipe(retry_when(RetryPolicy())), 2),
        pytest.param(lambda: rx.from_callable(lambda: 5).pipe(in_thread()), 5),
        pytest.param(lambda: rx.range(3).pipe(rate_limit(1, 1), ops.to_list()), [0, 1, 2]),
        pytest.param(lambda: Signals().gate(rx.range(3)).pipe(flat_map(Calls())), 3),
        pytest.param(lambda: Signals().gate(rx.range(3)).pipe(ops.count()), 3),
    ],
)
def test_a_stock_await_gives_the_same(
    pipeline: Callable[[], Observable[Any]], last: object
) -> None:
    async def stock() -> object:
        return await pipeline()

    async def ours() -> object:
        return await last_value_from(pipeline())

    assert in_virtual_time(stock) == last
    assert in_virtual_time(ours) == last


@pytest.mark.parametrize("bound", [None, 2])
def test_an_error_reaches_a_stock_await(bound: int | None) -> None:
    async def main() -> None:
        try:
            await rx.range(3).pipe(flat_map(Calls(1), max_concurrent=bound))
        finally:
            await asyncio.sleep(10)

    assert isinstance(raised_by(main), LookupError)


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda calls: rx.of(1).pipe(flat_map(calls)), id="flat_map"),
        pytest.param(lambda calls: rx.of(1).pipe(flat_map(calls, max_concurrent=1)), id="bounded"),
        pytest.param(lambda calls: rx.of(1).pipe(concat_map(calls)), id="concat_map"),
        pytest.param(lambda calls: from_async(calls), id="from_async"),
        pytest.param(lambda calls: rx.interval(1).pipe(poll(calls)), id="poll"),
    ],
)
def test_disposing_of_a_subscription_cancels(make: Callable[[Calls], Observable[Any]]) -> None:
    calls = Calls()
    seen: list[object] = []

    async def main() -> None:
        subscription = make(calls).subscribe(seen.append, seen.append)
        await asyncio.sleep(0.5)
        subscription.dispose()
        await asyncio.sleep(1)

    in_virtual_time(main)
    assert calls.log == ["start 1", "cancel 1", "cleaned 1"]
    assert seen == []


# --- what is cut short -------------------------------------------------------------------


def test_who_is_cancelled_while_a_step_cleans_up_is_cancelled() -> None:
    calls = Calls()

    async def main() -> None:
        cut_short = from_async(calls).pipe(ops.take_until(rx.timer(0.5)), ops.default_if_empty(0))
        awaiting = asyncio.ensure_future(last_value_from(cut_short))
        await asyncio.sleep(0.75)
        awaiting.cancel()
        await asyncio.wait([awaiting])
        assert awaiting.cancelled()

    assert elapsed(main) == 0.75
    assert calls.log == ["start 1", "cancel 1"]


def test_a_step_that_is_cut_short_cleans_up_and_the_pipeline_goes_on() -> None:
    calls = Calls()

    async def main() -> object:
        cut_short = from_async(calls).pipe(ops.take_until(rx.timer(0.5)), ops.default_if_empty(0))
        result = await last_value_from(cut_short)
        task = asyncio.current_task()
        assert task is not None
        assert task.cancelling() == 0
        return result

    assert in_virtual_time(main) == 0
    assert calls.log == ["start 1", "cancel 1", "cleaned 1"]


@pytest.mark.parametrize("bound", [None, 1])
def test_observables_of_a_fan_out_are_cancelled_with_their_cleanup(bound: int | None) -> None:
    calls = Calls()

    async def main() -> None:
        fan_out = flat_map(lambda _: from_async(calls), max_concurrent=bound)
        awaiting = asyncio.ensure_future(last_value_from(rx.of(1).pipe(fan_out)))
        await asyncio.sleep(0.5)
        awaiting.cancel()
        await asyncio.wait([awaiting])
        assert awaiting.cancelled()

    assert elapsed(main) == 1
    assert calls.log == ["start 1", "cancel 1", "cleaned 1"]


@pytest.mark.parametrize("bound", [None, 3, 2])
def test_the_caller_waits_for_the_cleanup_of_what_it_cut_short(bound: int | None) -> None:
    slow = Calls()

    async def work(item: int) -> int:
        if item:
            await slow()
        else:
            await asyncio.sleep(0.25)
        return item

    async def main() -> None:
        items = rx.range(3).pipe(flat_map(work, max_concurrent=bound), ops.take(1))
        assert await last_value_from(items) == 0
        assert [entry for entry in slow.log if entry.startswith("end")] == []
        cleaned = [entry for entry in slow.log if entry.startswith("cleaned")]
        assert len(cleaned) == len([entry for entry in slow.log if entry.startswith("start")])

    assert elapsed(main) == 0.75


def test_a_pipeline_that_needs_no_time_gives_way_once() -> None:
    async def main() -> None:
        turns: list[int] = []
        asyncio.get_running_loop().call_soon(turns.append, 1)
        assert await last_value_from(rx.of("value")) == "value"
        assert turns == [1]

    assert elapsed(main) == 0


def test_so_does_one_that_ends_before_its_calls_have() -> None:
    async def main() -> None:
        turns: list[int] = []
        asyncio.get_running_loop().call_soon(turns.append, 1)
        done = asyncio.get_running_loop().create_future()
        done.set_result("call")
        call = rx.of(1).pipe(flat_map(lambda _: done))
        assert await last_value_from(rx.merge(call, rx.of("first")).pipe(ops.first())) == "first"
        assert turns == [1]

    assert elapsed(main) == 0


@pytest.mark.parametrize("bound", [None, 1])
def test_a_fan_out_over_nothing_takes_no_turn(bound: int | None) -> None:
    async def main() -> None:
        turns: list[int] = []
        asyncio.get_running_loop().call_soon(turns.append, 1)
        nothing = rx.empty().pipe(flat_map(Calls(), max_concurrent=bound), ops.to_list())
        assert await last_value_from(nothing) == []
        assert turns == []

    assert elapsed(main) == 0


@pytest.mark.parametrize("bound", [None, 7, 300])
def test_more_results_than_small_numbers(bound: int | None) -> None:
    inside, ceiling = 0, 0

    async def work(item: int) -> int:
        nonlocal inside, ceiling
        inside += 1
        ceiling = max(ceiling, inside)
        await asyncio.sleep(item % 3)
        inside -= 1
        return item

    async def main() -> object:
        items = rx.range(1000).pipe(flat_map(work, max_concurrent=bound), ops.to_list())
        return await last_value_from(items)

    assert in_virtual_time(main) == list(range(1000))
    assert ceiling == (bound or 1000)


def test_cancellation_in_a_step_of_its_own_goes_past_the_operators() -> None:
    """Where two steps are due at once, one of them is a task; nobody may catch what ends it."""

    async def fail() -> None:
        raise asyncio.CancelledError("inside")

    async def main() -> None:
        both = rx.merge(from_async(Calls()), from_async(fail))
        await last_value_from(both.pipe(ops.catch(rx.of("swallowed"))))

    assert raised_by(main).args == ("inside",)


# --- fork_join ---------------------------------------------------------------------------


def test_what_cannot_be_called_is_called_so() -> None:
    nothing: Any = None

    async def main() -> None:
        await last_value_from(from_async(nothing, 1).pipe(timeout(1)))

    with pytest.raises(TypeError, match="'NoneType' object is not callable"):
        asyncio.run(main())


def test_fork_join_keeps_the_order_of_its_sources() -> None:
    async def later(value: str, seconds: float) -> str:
        await asyncio.sleep(seconds)
        return value

    async def main() -> object:
        sources = partial(later, "a", 2), later("b", 1), from_async(later, "c", 0), rx.of("x", "d")
        return await last_value_from(fork_join(*sources))

    assert in_virtual_time(main) == ["a", "b", "c", "d"]


def test_fork_join_of_a_function_that_makes_an_observable() -> None:
    async def main() -> object:
        return await last_value_from(fork_join(lambda: rx.of(1, 2), lambda: from_async(Calls())))

    assert in_virtual_time(main) == [2, 1]


def test_fork_join_of_nothing() -> None:
    async def main() -> object:
        return await last_value_from(fork_join())

    assert in_virtual_time(main) == []


def test_fork_join_calls_functions_anew_for_each_subscription() -> None:
    calls = Calls()

    async def main() -> object:
        pipeline = fork_join(calls, calls)
        return await last_value_from(pipeline), await last_value_from(pipeline)

    assert in_virtual_time(main) == ([1, 2], [3, 4])


def test_fork_join_raises_the_first_error_and_lets_the_others_go_on() -> None:
    slow, error = Calls(), LookupError("first")

    async def fail() -> None:
        raise error

    async def main() -> None:
        try:
            await last_value_from(fork_join(slow, fail))
        finally:
            assert slow.log == ["start 1"]
            await asyncio.sleep(2)
            assert slow.log == ["start 1", "end 1"]

    assert raised_by(main) is error


def test_fork_join_puts_exceptions_in_their_places() -> None:
    async def main() -> list[object]:
        return await last_value_from(fork_join(Calls(1), Calls(), return_exceptions=True))

    first, second = in_virtual_time(main)
    assert isinstance(first, LookupError)
    assert second == 1


# --- from_awaitable ----------------------------------------------------------------------


def test_from_awaitable_gives_what_a_task_gives_as_often_as_asked() -> None:
    async def main() -> object:
        source = from_awaitable(asyncio.create_task(Calls()()))
        return [await last_value_from(source), await last_value_from(source)]

    assert in_virtual_time(main) == [1, 1]


def test_from_awaitable_cancels_the_task_with_its_awaiter() -> None:
    async def main() -> None:
        calls = Calls()
        task = asyncio.create_task(calls())
        waiter = asyncio.ensure_future(last_value_from(from_awaitable(task)))
        await asyncio.sleep(0.5)
        waiter.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiter
        assert calls.log == ["start 1", "cancel 1", "cleaned 1"]

    in_virtual_time(main)


@pytest.mark.parametrize("bound", [None, 2])
def test_flat_map_takes_the_last_value_of_an_observable(bound: int | None) -> None:
    def mapper(item: int) -> Observable[int]:
        return rx.of(0, item) if item % 2 else from_async(asyncio.sleep, 1, item)

    async def main() -> object:
        results = rx.range(4).pipe(flat_map(mapper, max_concurrent=bound), ops.to_list())
        return await last_value_from(results)

    assert in_virtual_time(main) == [0, 1, 2, 3]


# --- timeout -----------------------------------------------------------------------------


@pytest.mark.parametrize("seconds", [None, 1.5, 10])
def test_timeout_lets_pass_what_ends_in_time(seconds: float | None) -> None:
    async def main() -> object:
        return await last_value_from(from_async(Calls()).pipe(timeout(seconds)))

    assert in_virtual_time(main) == 1


@pytest.mark.parametrize("seconds", [0, -1])
def test_timeout_of_nothing_starts_nothing(seconds: float) -> None:
    calls = Calls()

    async def main() -> None:
        await last_value_from(from_async(calls).pipe(timeout(seconds)))

    assert type(raised_by(main)) is TimeoutError
    assert calls.log == []


def test_timeout_of_nothing_takes_what_is_done_already() -> None:
    async def main() -> object:
        done = asyncio.get_running_loop().create_future()
        done.set_result("done")
        return await last_value_from(from_awaitable(done).pipe(timeout(0)))

    assert in_virtual_time(main) == "done"


def test_timeout_waits_for_the_cleanup() -> None:
    calls = Calls()

    async def main() -> None:
        with pytest.raises(TimeoutError) as caught:
            await last_value_from(from_async(calls).pipe(timeout(0.25)))
        assert isinstance(caught.value.__cause__, asyncio.CancelledError)
        assert calls.log == ["start 1", "cancel 1", "cleaned 1"]

    assert elapsed(main) == 0.75


def test_timeout_passes_on_the_sources_own_timeout_error() -> None:
    error = TimeoutError("its own")

    async def main() -> None:
        await last_value_from(from_async(Calls(1, lambda: error)).pipe(timeout(5)))

    assert raised_by(main) is error


def test_timeout_of_a_source_of_several_values() -> None:
    async def main(seconds: float) -> object:
        ticks = rx.interval(1).pipe(ops.take(3))
        return await last_value_from(ticks.pipe(timeout(seconds)))

    assert in_virtual_time(partial(main, 3.5)) == 2
    assert type(raised_by(partial(main, 2.5))) is TimeoutError


def test_timeout_cancels_a_task_that_it_is_given() -> None:
    calls = Calls()

    async def main() -> None:
        task = asyncio.ensure_future(calls())
        with pytest.raises(TimeoutError):
            await last_value_from(from_awaitable(task).pipe(timeout(0.5)))
        assert task.cancelled()

    in_virtual_time(main)
    assert calls.log[-1] == "cleaned 1"


# --- retry_when --------------------------------------------------------------------------


def retried(calls: Callable[[], Any], **options: Any) -> Observable[Any]:
    return from_async(calls).pipe(retry_when(RetryPolicy(**options)))


def test_retry_until_it_succeeds() -> None:
    calls = Calls(3)

    async def main() -> None:
        assert await last_value_from(retried(calls, wait=wait_fixed(2))) == 4

    assert elapsed(main) == 4 * 1 + 3 * 2


def test_retry_defaults_are_tenacitys() -> None:
    state = RetryState()
    state._ended(None, ValueError())
    policy = RetryPolicy()
    assert policy.stop(state) is False
    assert policy.wait(state) == 0
    assert policy.retry(state) is True
    assert policy.reraise is False
    assert policy.retry_error_cls is RetryError


def test_retry_callbacks_come_in_tenacitys_order() -> None:
    seen: list[tuple[object, ...]] = []

    def note(name: str, answer: object = None) -> Callable[[RetryState], Any]:
        def callback(state: RetryState) -> object:
            action = None if state.next_action is None else state.next_action.sleep
            failed = None if state.outcome is None else state.outcome.failed
            seen.append((name, state.attempt_number, failed, action, state.idle_for))
            return answer

        return callback

    async def sleep(seconds: float) -> None:
        seen.append(("sleep", seconds))

    async def main() -> None:
        await last_value_from(
            retried(
                Calls(1),
                before=note("before"),
                after=note("after"),
                before_sleep=note("before_sleep"),
                retry=any_of(note("retry", False), retry_if_exception_type()),
                wait=note("wait", 3),
                stop=note("stop", False),
                sleep=sleep,
            )
        )

    in_virtual_time(main)
    assert seen == [
        ("before", 1, None, None, 0.0),
        ("retry", 1, True, None, 0.0),
        ("after", 1, True, None, 0.0),
        ("wait", 1, True, None, 0.0),
        ("stop", 1, True, None, 0.0),
        ("before_sleep", 1, True, 3, 3.0),
        ("sleep", 3),
        ("before", 2, None, None, 3.0),
        ("retry", 2, False, None, 3.0),
    ]


def test_retry_asks_async_functions() -> None:
    async def after_two(state: RetryState) -> bool:
        await asyncio.sleep(1)
        return state.attempt_number == 2

    async def main() -> None:
        with pytest.raises(LookupError):
            await last_value_from(retried(Calls(5), stop=after_two, reraise=True))

    assert elapsed(main) == 4


def test_retry_error_shows_the_last_attempt() -> None:
    calls = Calls(9)
    error = raised_by(lambda: last_value_from(retried(calls, stop=stop_after_attempt(2))))
    assert isinstance(error, RetryError)
    assert error.__cause__ is calls.raised[-1]
    assert error.last_attempt.exception() is calls.raised[-1]
    assert error.last_attempt.attempt_number == 2
    assert error.last_attempt.failed
    assert str(error) == f"RetryError[{error.last_attempt!r}]"
    assert repr(error.last_attempt).endswith(" state=finished raised LookupError>")
    with pytest.raises(LookupError):
        error.last_attempt.result()


def test_attempt_that_returned() -> None:
    attempt = Attempt(1, "value", None)
    assert not attempt.failed
    assert attempt.exception() is None
    assert attempt.result() == "value"
    assert repr(attempt) == f"<Future at {id(attempt):#x} state=finished returned str>"


def test_retry_reraises_the_last_error_itself() -> None:
    calls = Calls(9)
    options = {"stop": stop_after_attempt(3), "reraise": True}
    assert raised_by(lambda: last_value_from(retried(calls, **options))) is calls.raised[-1]
    assert calls.made == 3


def test_retry_of_results_raises_retry_error_also_with_reraise() -> None:
    options = {
        "stop": stop_after_attempt(3),
        "retry": retry_if_result(lambda value: True),
        "reraise": True,
    }
    error = raised_by(lambda: last_value_from(retried(Calls(), **options)))
    assert isinstance(error, RetryError)
    assert error.__cause__ is None
    assert error.last_attempt.result() == 3


def test_retry_error_callback_and_class() -> None:
    class GaveUpError(Exception):
        pass

    options: dict[str, Any] = {"stop": stop_after_attempt(2), "retry_error_cls": GaveUpError}
    error = raised_by(lambda: last_value_from(retried(Calls(9), **options)))
    assert isinstance(error, GaveUpError)
    assert error.args[0].attempt_number == 2
    options["retry_error_callback"] = lambda state: state.attempt_number * 10
    assert in_virtual_time(lambda: last_value_from(retried(Calls(9), **options))) == 20


def test_try_again_needs_no_predicate() -> None:
    calls = Calls(2, TryAgain)
    never = {"retry": lambda state: False}
    assert in_virtual_time(lambda: last_value_from(retried(calls, **never))) == 3


def test_try_again_gives_way_to_its_cause_at_the_end() -> None:
    reason = ValueError("why")

    async def attempt() -> None:
        try:
            raise reason
        except ValueError:
            raise TryAgain from None

    async def plain() -> None:
        raise TryAgain

    options = {"stop": stop_after_attempt(2), "reraise": True}
    error = raised_by(lambda: last_value_from(retried(attempt, **options)))
    assert error is reason
    assert error.__suppress_context__
    assert type(raised_by(lambda: last_value_from(retried(plain, **options)))) is TryAgain


@pytest.mark.parametrize("error", [asyncio.CancelledError, KeyboardInterrupt, SystemExit])
def test_only_exceptions_are_repeated_unless_asked_for(error: type[BaseException]) -> None:
    calls = Calls(9, error)

    async def main() -> None:
        await last_value_from(retried(calls))

    if error is asyncio.CancelledError:
        assert raised_by(main) is calls.raised[0]
    else:
        with pytest.raises(error):
            in_virtual_time(main)
    assert calls.made == 1
    calls = Calls(2, error)
    asked = {"retry": retry_if_exception(lambda error: True)}
    assert in_virtual_time(lambda: last_value_from(retried(calls, **asked))) == 3


def test_retry_is_cancelled_in_its_wait_and_in_its_attempt() -> None:
    async def cancelled_after(seconds: float) -> list[str]:
        calls = Calls(9)
        task = asyncio.ensure_future(last_value_from(retried(calls, wait=wait_fixed(5))))
        await asyncio.sleep(seconds)
        task.cancel("enough")
        with pytest.raises(asyncio.CancelledError, match="enough"):
            await task
        await asyncio.sleep(20)
        return calls.log

    assert in_virtual_time(lambda: cancelled_after(0.5)) == ["start 1", "cancel 1", "cleaned 1"]
    assert in_virtual_time(lambda: cancelled_after(3)) == ["start 1"]


def test_retry_leaves_alone_what_lies_upstream() -> None:
    upstream, calls = Calls(), Calls(2)

    async def main() -> object:
        attempt = retried(calls)
        return await last_value_from(
            rx.of("item").pipe(do_action(upstream), concat_map(lambda _: attempt))
        )

    assert in_virtual_time(main) == 3
    assert upstream.made == 1


def test_retry_subscribes_to_an_observable_anew() -> None:
    runs: list[int] = []

    def source(_: object) -> Observable[int]:
        runs.append(len(runs))
        return rx.of(1, 2) if len(runs) == 3 else rx.throw(LookupError())

    async def main() -> object:
        return await last_value_from(rx.defer(source).pipe(retry_when(RetryPolicy())))

    assert in_virtual_time(main) == 2
    assert runs == [0, 1, 2]


def test_attempts_run_in_the_awaiting_task() -> None:
    tasks: list[object] = []

    async def attempt() -> None:
        tasks.append(asyncio.current_task())
        VARIABLE.set(f"attempt {len(tasks)}")
        if len(tasks) < 2:
            raise LookupError

    async def main() -> str:
        await last_value_from(retried(attempt))
        assert tasks == [asyncio.current_task()] * 2
        return VARIABLE.get()

    assert in_virtual_time(main) == "attempt 2"


def state_after(
    attempt: int, *, elapsed: float = 0.0, upcoming: float = 0.0, error: Any = None, value: Any = 0
) -> RetryState:
    state = RetryState("job")
    state.attempt_number = attempt
    state._ended(value, error)
    state.start_time, state.outcome_timestamp = 0.0, elapsed
    state.upcoming_sleep = upcoming
    return state


def test_state_before_an_attempt() -> None:
    state = RetryState("job")
    assert state.seconds_since_start is None
    assert state.error is None
    assert state.get_fn_name() == "job"
    assert RetryState().get_fn_name() == "<unknown>"


@pytest.mark.parametrize(
    ("stop", "state", "stops"),
    [
        (stop_never, state_after(10**9), False),
        (stop_after_attempt(3), state_after(2), False),
        (stop_after_attempt(3), state_after(3), True),
        (stop_after_attempt(3), state_after(4), True),
        (stop_after_attempt(1000), state_after(int("1000")), True),
        (stop_after_delay(5), state_after(1, elapsed=4.9), False),
        (stop_after_delay(5), state_after(1, elapsed=5), True),
        (stop_after_delay(timedelta(seconds=5)), state_after(1, elapsed=5.1), True),
        (stop_before_delay(5), state_after(1, elapsed=2, upcoming=2.9), False),
        (stop_before_delay(5), state_after(1, elapsed=2, upcoming=3), True),
        (stop_before_delay(5), RetryState(), False),
        (stop_after_delay(1), RetryState(), False),
        (stop_before_delay(timedelta(seconds=5)), state_after(1, elapsed=2, upcoming=3.1), True),
        (any_of(stop_after_attempt(3), stop_after_delay(5)), state_after(3), True),
        (any_of(stop_after_attempt(3), stop_after_delay(5)), state_after(1), False),
        (all_of(stop_after_attempt(3), stop_after_delay(5)), state_after(3), False),
        (all_of(stop_after_attempt(3), stop_after_delay(5)), state_after(3, elapsed=6), True),
    ],
)
def test_stops(stop: Callable[[RetryState], bool], state: RetryState, stops: bool) -> None:
    assert stop(state) is stops


@pytest.mark.parametrize(
    ("wait", "seconds"),
    [
        (wait_fixed(2), [2, 2, 2]),
        (wait_fixed(timedelta(milliseconds=1500)), [1.5, 1.5]),
        (wait_incrementing(), [0, 100, 200]),
        (wait_incrementing(1, 2, 4), [1, 3, 4, 4]),
        (wait_incrementing(1, -2), [1, 0, 0]),
        (wait_exponential(), [1, 2, 4, 8]),
        (wait_exponential(0.5, 10, 3, 1), [1, 1.5, 4.5, 10]),
        (wait_exponential(minimum=-1, multiplier=-1), [0, 0]),
        (wait_chain(wait_fixed(1), wait_fixed(2)), [1, 2, 2]),
        (wait_chain(*[wait_fixed(n) for n in (1, 2, 3, 4)]), [1, 2, 3, 4, 4]),
        (wait_combine(wait_fixed(1), wait_exponential()), [2, 3, 5]),
        (wait_exponential_jitter(jitter=0), [1, 2, 4]),
        (wait_exponential_jitter(3, 5, 2, 0, 4), [4, 5, 5]),
        (wait_random(2, 2), [2, 2]),
        (wait_exponential_jitter(-1, 5, 2, 0, -1), [0, 0]),
    ],
)
def test_waits(wait: Callable[[RetryState], float], seconds: list[float]) -> None:
    assert [wait(state_after(n)) for n in range(1, len(seconds) + 1)] == seconds


def test_waits_that_overflow_are_as_long_as_they_may_be() -> None:
    late = state_after(5000)
    assert wait_exponential(0.5, maximum=60)(late) == 60
    assert wait_exponential_jitter(0.5, maximum=60)(late) == 60
    assert operators._jittered(0.5, 60, 5000) == 60
    assert operators._full_jitter(0.5, 60, 5000, LookupError()) <= 60


@pytest.mark.parametrize(
    "name", ["wait_exponential", "wait_exponential_jitter", "wait_incrementing"]
)
def test_waits_are_as_long_as_tenacitys_at_most(name: str) -> None:
    ours, theirs = getattr(operators, name)(), getattr(tenacity, name)()
    late = state_after(10**30) if name == "wait_incrementing" else state_after(5000)
    assert ours(late) == theirs(late) == sys.maxsize / 2


def test_wait_chain_of_nothing() -> None:
    with pytest.raises(ValueError, match="at least one"):
        wait_chain()


class Dice:
    """Stands for ``random``: draws the lowest, the highest or the middle."""

    def __init__(self, share: float) -> None:
        self.share = share

    def random(self) -> float:
        return self.share

    def uniform(self, low: float, high: float) -> float:
        return low + self.share * (high - low)


@pytest.fixture(params=[0.0, 0.5, 1.0])
def share(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[float]:
    monkeypatch.setattr(operators, "random", Dice(request.param))
    return request.param  # type: ignore[no-any-return]


def test_random_waits(share: float) -> None:
    assert wait_random()(state_after(1)) == share
    assert wait_random(1, 3)(state_after(7)) == 1 + 2 * share
    assert wait_random_exponential(2, 100, 3, 1)(state_after(3)) == 1 + 17 * share
    assert wait_random_exponential()(state_after(4)) == 8 * share
    assert wait_exponential_jitter()(state_after(4)) == 8 + share
    assert wait_exponential_jitter(1, 8.25)(state_after(4)) == min(8.25, 8 + share)
    assert operators._jittered(0.5, 60, 3) == 4 + 0.5 * share
    assert operators._full_jitter(0.5, 3, 9, LookupError()) == 3 * share
    assert operators._full_jitter(0.5, 3, 1, LookupError()) == 1 * share


@pytest.mark.parametrize(
    ("retry", "error", "value", "again"),
    [
        (retry_if_exception_type(), ValueError(), None, True),
        (retry_if_exception_type(LookupError), KeyError(), None, True),
        (retry_if_exception_type((KeyError, OSError)), ValueError(), None, False),
        (retry_if_exception_type(), None, "value", False),
        (retry_if_not_exception_type(KeyError), ValueError(), None, True),
        (retry_if_not_exception_type(KeyError), KeyError(), None, False),
        (retry_if_not_exception_type(KeyError), None, "value", False),
        (retry_if_not_exception_type(), ValueError(), None, False),
        (retry_if_exception(lambda error: error.args == (1,)), ValueError(1), None, True),
        (retry_if_result(bool), None, "value", True),
        (retry_if_result(bool), None, "", False),
        (retry_if_result(lambda value: True), ValueError(), None, False),
        (retry_if_not_result(bool), None, "", True),
        (retry_if_not_result(bool), None, "value", False),
        (retry_if_not_result(bool), ValueError(), None, False),
    ],
)
def test_retries(
    retry: Callable[[RetryState], bool], error: Exception | None, value: object, again: bool
) -> None:
    assert bool(retry(state_after(1, error=error, value=value))) is again


# --- occ_transition, upload_with_retry -----------------------------------------------------


def test_occ_transition_waits_as_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operators, "random", Dice(0.5))
    calls = Calls(3, ConflictError)

    async def main() -> None:
        assert await last_value_from(occ_transition(calls)) == 4

    assert elapsed(main) == pytest.approx(4 + 0.1 + 0.2 + 0.4 + 3 * 0.05)


def test_occ_transition_raises_the_last_conflict_at_once() -> None:
    calls = Calls(9, ConflictError)
    assert raised_by(lambda: last_value_from(occ_transition(calls))) is calls.raised[4]
    assert calls.made == 5
    calls = Calls(9, ConflictError)

    async def once() -> None:
        with suppress(ConflictError):
            await last_value_from(occ_transition(calls, 1))

    assert elapsed(once) == 1


def test_occ_transition_repeats_conflicts_only() -> None:
    calls = Calls(1, PermissionError)
    assert raised_by(lambda: last_value_from(occ_transition(calls))) is calls.raised[0]
    calls = Calls(1, PermissionError)
    both = occ_transition(calls, conflict=(ConflictError, PermissionError))
    assert in_virtual_time(lambda: last_value_from(both)) == 2


class IncomparableError(Exception):
    __hash__ = Exception.__hash__

    def __eq__(self, other: object) -> bool:
        raise AssertionError("compared")


def test_errors_are_not_compared() -> None:
    async def main() -> object:
        conflict, calls = IncomparableError, Calls(1, IncomparableError)
        return await last_value_from(occ_transition(calls, conflict=conflict))

    assert in_virtual_time(main) == 2


@pytest.mark.parametrize(
    "make",
    [
        lambda calls: occ_transition(calls, 300, conflict=LookupError, backoff=lambda *_: 0),
        lambda calls: upload_with_retry(0, calls, 300, backoff=lambda *_: 0),
    ],
)
def test_the_last_error_comes_out_however_many_attempts_there_are(
    make: Callable[[Calls], Observable[object]],
) -> None:
    calls = Calls(999)
    assert raised_by(lambda: last_value_from(make(calls))) is calls.raised[-1]
    assert calls.made == 300


def test_occ_transition_without_end() -> None:
    calls, numbers = Calls(40, ConflictError), list[int]()

    def backoff(n: int, error: object) -> float:
        numbers.append(n)
        return 0

    pipeline = occ_transition(calls, None, backoff=backoff)
    assert in_virtual_time(lambda: last_value_from(pipeline)) == 41
    assert numbers == list(range(40))


def test_occ_transition_keeps_its_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operators, "random", Dice(1.0))
    calls = Calls(3, ConflictError)
    pipeline = occ_transition(calls, 9, 1, cap=2.5)
    assert elapsed(lambda: last_value_from(pipeline)) == 4 + 2 + 2.5 + 2.5
    default = occ_transition(Calls(3, ConflictError), 9, 8)
    assert elapsed(lambda: last_value_from(default)) == 4 + 3 * 10


REPEATING = (
    pytest.param(partial(occ_transition, conflict=LookupError), id="occ_transition"),
    pytest.param(
        lambda fn, *args, **options: upload_with_retry(
            "r",
            fn,
            *args,
            **{"retry_on" if key == "conflict" else key: options[key] for key in options},
        ),
        id="upload_with_retry",
    ),
)


@pytest.mark.parametrize("make", REPEATING)
def test_no_attempts_make_no_call(make: Callable[..., Observable[object]]) -> None:
    calls = Calls()
    assert in_virtual_time(lambda: last_value_from(make(calls, 0))) is None
    assert in_virtual_time(lambda: last_value_from(make(calls, -1, exhausted="out"))) == "out"
    assert calls.made == 0
    with pytest.raises(TypeError, match="cannot be interpreted as an integer"):
        in_virtual_time(lambda: last_value_from(make(calls, 1.5)))


@pytest.mark.parametrize("make", REPEATING)
def test_the_last_wait_comes_before_the_value_for_the_exhausted(
    make: Callable[..., Observable[object]],
) -> None:
    calls, numbers = Calls(9), list[int]()

    def backoff(n: int, error: object) -> float:
        numbers.append(n)
        assert error is sys.exception()
        return PENDING if n == 1 else 5.0

    async def main() -> None:
        assert await last_value_from(make(calls, 3, backoff=backoff, exhausted=None)) is None

    assert elapsed(main) == 3 + 5 + 5
    assert numbers == [0, 1, 2]


@pytest.mark.parametrize("make", REPEATING)
def test_none_is_no_length_of_a_wait(make: Callable[..., Observable[object]]) -> None:
    calls = Calls(9)
    raised = raised_by(lambda: last_value_from(make(calls, None, backoff=lambda *_: None)))
    assert isinstance(raised, TypeError)  # as of ``asyncio.sleep(error.retry_after)``
    assert calls.made == 1


@pytest.mark.parametrize("make", REPEATING)
def test_an_async_backoff_is_waited_for(make: Callable[..., Observable[object]]) -> None:
    async def backoff(n: int, error: object) -> float:
        await asyncio.sleep(10)
        return 100

    assert elapsed(lambda: last_value_from(make(Calls(1), 2, backoff=backoff))) == 112


@pytest.mark.parametrize("make", REPEATING)
def test_what_a_backoff_raises_ends_it(make: Callable[..., Observable[object]]) -> None:
    calls = Calls(9)

    def backoff(n: int, error: Exception) -> float:
        raise LookupError("enough")

    raised = raised_by(lambda: last_value_from(make(calls, None, backoff=backoff)))
    assert raised.args == ("enough",)
    assert raised.__context__ is calls.raised[0]
    assert calls.made == 1


@pytest.mark.parametrize("make", REPEATING)
def test_try_again_stands_for_its_cause(make: Callable[..., Observable[object]]) -> None:
    reasons, told = [KeyError("first"), OSError(2)], list[object]()
    reasons[1].__context__ = before = ValueError()

    async def attempt(*args: object) -> None:
        raise TryAgain from reasons[len(told)]

    def backoff(n: int, error: object) -> float:
        assert error is sys.exception()
        told.append(error)
        return 1

    pipeline = make(attempt, 2, conflict=TryAgain, backoff=backoff)
    assert raised_by(lambda: last_value_from(pipeline)) is reasons[1]
    assert told == reasons[:1]
    assert reasons[0].__context__ is None
    assert reasons[1].__context__ is before


@pytest.mark.parametrize("make", REPEATING)
def test_try_again_without_a_cause_or_an_invitation_is_an_error(
    make: Callable[..., Observable[object]],
) -> None:
    for options, cause in [({"conflict": TryAgain}, None), ({"conflict": OSError}, OSError())]:
        signal = TryAgain()
        signal.__cause__ = cause
        calls = Calls(1, lambda signal=signal: signal)  # type: ignore[misc]
        pipeline = make(calls, 1, **options)
        assert raised_by(lambda pipeline=pipeline: last_value_from(pipeline)) is signal  # type: ignore[misc]


def test_upload_with_retry_has_full_jitter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operators, "random", Dice(0.5))
    pipeline = upload_with_retry("record", Calls(4))
    assert elapsed(lambda: last_value_from(pipeline)) == 5 + (0.5 + 1 + 2 + 4) / 2
    capped = upload_with_retry("record", Calls(4), base_delay=4, cap=6)
    assert elapsed(lambda: last_value_from(capped)) == 5 + (4 + 6 + 6 + 6) / 2
    default = upload_with_retry("record", Calls(1), base_delay=99)
    assert elapsed(lambda: last_value_from(default)) == 2 + 15


def test_upload_with_retry_hands_over_the_record() -> None:
    records: list[str] = []

    async def upload(record: str) -> str:
        records.append(record)
        if len(records) < 2:
            raise LookupError
        return record.upper()

    assert in_virtual_time(lambda: last_value_from(upload_with_retry("r", upload))) == "R"
    assert records == ["r", "r"]


def test_upload_with_retry_raises_the_last_error() -> None:
    calls = Calls(9)
    assert raised_by(lambda: last_value_from(upload_with_retry("r", calls))) is calls.raised[4]
    assert calls.made == 5
    calls = Calls(9, PermissionError)
    pipeline = upload_with_retry("r", calls, retry_on=ConnectionError)
    assert raised_by(lambda: last_value_from(pipeline)) is calls.raised[0]


@pytest.mark.parametrize(("budget", "attempts"), [(0, 1), (1.9, 1), (2, 2), (5.9, 2), (6, 3)])
def test_upload_with_retry_keeps_its_budget(budget: float, attempts: int) -> None:
    calls, told = Calls(9), list[tuple[int, Exception]]()

    def backoff(n: int, error: Exception) -> float:
        told.append((n, error))
        return 2.0 * (n + 1)

    pipeline = upload_with_retry("r", calls, None, budget=budget, backoff=backoff)
    assert raised_by(lambda: last_value_from(pipeline)) is calls.raised[-1]
    assert calls.made == attempts
    assert told == list(enumerate(calls.raised))


def test_upload_with_retry_keeps_its_attempts_within_the_budget() -> None:
    calls = Calls(9)
    pipeline = upload_with_retry("r", calls, 2, budget=99, backoff=lambda n, error: 1)
    assert raised_by(lambda: last_value_from(pipeline)) is calls.raised[1]


# --- shutdown_gate -----------------------------------------------------------------------


class Signals:
    def __init__(self) -> None:
        self.stop = BehaviorSubject(False)
        self.kill = BehaviorSubject(False)

    def gate(self, source: Observable[Any]) -> Observable[Any]:
        return shutdown_gate(source, self.stop, self.kill)

    def listeners(self) -> int:
        return len(self.stop.observers) + len(self.kill.observers)


def after(seconds: float, subject: Subject[Any], value: object = True) -> None:
    asyncio.get_running_loop().call_later(seconds, subject.on_next, value)


@pytest.mark.parametrize("operator", [concat_map, do_action], ids=["concat_map", "do_action"])
def test_gate_before_steps_that_run_alone(operator: Any) -> None:
    calls, signals = Calls(), Signals()

    async def main() -> object:
        after(1.5, signals.stop)
        source = signals.gate(rx.range(10))
        return await last_value_from(source.pipe(operator(calls), ops.count()))

    assert in_virtual_time(main) == 2
    assert calls.log == ["start 1", "end 1", "start 2", "end 2"]
    assert signals.listeners() == 0


def test_gate_before_a_rate_limit() -> None:
    async def main() -> object:
        signals = Signals()
        after(2.5, signals.stop)
        source = signals.gate(rx.range(10))
        return await last_value_from(source.pipe(rate_limit(1, 1), ops.count()))

    # The fourth was waiting for the bucket already: its step had begun.
    assert in_virtual_time(main) == 4


def test_stop_between_an_items_turn_and_its_first_step() -> None:
    """The end of one item gives its successor the place; the stop comes before that one runs."""
    calls, signals = Calls(), Signals()

    async def call(item: int) -> int:
        result = await calls(item)
        if item == 1:
            asyncio.get_running_loop().call_soon(signals.stop.on_next, True)
        return result

    async def main() -> object:
        source = signals.gate(rx.range(10))
        return await last_value_from(source.pipe(flat_map(call, max_concurrent=1), ops.to_list()))

    assert in_virtual_time(main) == [1, 2]
    assert calls.made == 2


def test_stop_between_the_subscription_and_the_first_step() -> None:
    calls, signals = Calls(), Signals()

    def fire(_: object) -> Observable[Any]:
        signals.stop.on_next(True)
        return rx.empty()

    async def main() -> object:
        steps = signals.gate(rx.range(10)).pipe(concat_map(calls))
        return await last_value_from(rx.merge(steps, rx.defer(fire)).pipe(ops.to_list()))

    assert in_virtual_time(main) == []
    assert calls.made == 0


@pytest.mark.parametrize("operator", [concat_map, do_action], ids=["concat_map", "do_action"])
def test_stop_between_an_items_arrival_and_its_step(operator: Any) -> None:
    """Who awaits is woken by the item, and finds that it is not to start any more."""
    calls, signals = Calls(), Signals()

    async def main() -> object:
        items = Subject[int]()

        def arrive() -> None:
            items.on_next(1)
            signals.stop.on_next(True)

        asyncio.get_running_loop().call_later(1, arrive)
        return await last_value_from(signals.gate(items).pipe(operator(calls), ops.to_list()))

    assert in_virtual_time(main) == []
    assert calls.made == 0
    assert signals.listeners() == 0


@pytest.mark.parametrize("operator", [concat_map, do_action, flat_map])
def test_items_that_come_beside_the_gate_do_not_start_either(operator: Any) -> None:
    calls, signals = Calls(), Signals()

    async def main() -> object:
        beside = Subject[int]()
        loop = asyncio.get_running_loop()
        after(0.5, signals.stop)
        loop.call_later(0.75, beside.on_next, 2)
        loop.call_later(2, beside.on_completed)
        gated = signals.gate(rx.of(1))

        def both(observer: Any, scheduler: Any) -> Any:
            gated.subscribe(observer.on_next, observer.on_error, scheduler=scheduler)
            return beside.subscribe(observer)

        return await last_value_from(rx.create(both).pipe(operator(calls), ops.count()))

    assert in_virtual_time(main) == 1
    assert calls.made == 1


def test_items_in_the_turn_of_the_stop_are_not_let_through() -> None:
    seen: list[int] = []

    async def main() -> None:
        items, signals = Subject[int](), Signals()
        signals.gate(items).subscribe(seen.append)
        items.on_next(1)
        signals.stop.on_next(True)
        items.on_next(2)
        await asyncio.sleep(1)
        items.on_next(3)

    in_virtual_time(main)
    assert seen == [1]


def test_kill_cancels_the_step_that_runs_alone() -> None:
    calls, signals = Calls(), Signals()

    async def main() -> object:
        after(1.5, signals.kill)
        source = signals.gate(rx.range(10))
        return await last_value_from(source.pipe(concat_map(calls), ops.to_list()))

    assert in_virtual_time(main) == [1]
    assert calls.log == ["start 1", "end 1", "start 2", "cancel 2", "cleaned 2"]
    assert signals.listeners() == 0


@pytest.mark.parametrize("bound", [2, None])
def test_kill_cancels_once_and_waits_for_the_cleanup(bound: int | None) -> None:
    calls, signals = Calls(), Signals()

    async def main() -> None:
        after(0.5, signals.kill)
        after(0.5, signals.kill)
        after(0.7, signals.kill)
        source = signals.gate(rx.range(3))
        pipeline = source.pipe(flat_map(calls, max_concurrent=bound), ops.to_list())
        assert await last_value_from(pipeline) == []

    assert elapsed(main) == 1
    assert sum(entry.startswith("cleaned") for entry in calls.log) == (bound or 3)
    assert signals.listeners() == 0


def test_kill_gives_the_results_there_are_in_their_order() -> None:
    signals = Signals()

    async def work(item: int) -> int:
        await asyncio.sleep([3, 1, 9, 2][item])
        return item

    async def main() -> object:
        after(2.5, signals.kill)
        source = signals.gate(rx.range(4))
        return await last_value_from(source.pipe(flat_map(work), ops.to_list()))

    assert in_virtual_time(main) == [1, 3]


def test_gate_behind_other_operators_of_the_source() -> None:
    """The gate finds its fan-out through whatever lies between them."""
    calls, signals = Calls(), Signals()

    async def main() -> object:
        after(1.5, signals.stop)
        paced = rx.zip(signals.gate(rx.range(9)), rx.timer(0, 0)).pipe(
            ops.map(lambda pair: pair[0]), ops.filter(lambda item: item != 3)
        )
        return await last_value_from(paced.pipe(flat_map(calls, max_concurrent=2), ops.count()))

    assert in_virtual_time(main) == 4
    assert calls.made == 4


def test_only_the_nearest_operator_is_gated() -> None:
    """What has passed the first stage has started, and passes the others."""
    first, second, signals = Calls(), Calls(), Signals()

    async def main() -> object:
        after(1.5, signals.stop)
        stages = signals.gate(rx.range(10)).pipe(
            flat_map(first, max_concurrent=2), flat_map(second, max_concurrent=1), ops.count()
        )
        return await last_value_from(stages)

    assert in_virtual_time(main) == 4
    assert (first.made, second.made) == (4, 4)


def test_gate_with_nothing_behind_it() -> None:
    async def main(name: str) -> object:
        signals = Signals()
        after(2.5, getattr(signals, name))
        result = await last_value_from(signals.gate(rx.interval(1)).pipe(ops.to_list()))
        assert signals.listeners() == 0
        return result

    assert in_virtual_time(partial(main, "stop")) == [0, 1]
    assert in_virtual_time(partial(main, "kill")) == [0, 1]


def test_stop_leaves_a_source_that_has_not_ended() -> None:
    calls, signals = Calls(), Signals()

    async def main() -> object:
        after(2.5, signals.stop)
        source = signals.gate(rx.interval(1))
        return await last_value_from(source.pipe(flat_map(calls, max_concurrent=1), ops.to_list()))

    assert in_virtual_time(main) == [1, 2]


@pytest.mark.parametrize("value", [True, None, 0, "now"])
def test_any_value_but_false_is_a_signal(value: object) -> None:
    signals = Signals()

    async def main() -> object:
        after(0.2, signals.stop, False)
        after(0.5, signals.stop, value)
        source = signals.gate(rx.range(3))
        return await last_value_from(
            source.pipe(flat_map(Calls(), max_concurrent=1), ops.to_list())
        )

    assert in_virtual_time(main) == [1]


@pytest.mark.parametrize(
    ("make", "results"),
    [
        pytest.param(lambda: ReplaySubject(1), [], id="ReplaySubject"),
        pytest.param(lambda: BehaviorSubject(False), [], id="BehaviorSubject"),
        pytest.param(Subject, [1, 2, 3], id="Subject forgets"),
    ],
)
def test_signal_before_the_subscription(make: Callable[[], Any], results: list[int]) -> None:
    async def main() -> object:
        stop = make()
        stop.on_next(True)
        source = shutdown_gate(rx.range(3), stop, rx.never())
        return await last_value_from(source.pipe(flat_map(Calls()), ops.to_list()))

    assert in_virtual_time(main) == results


def test_gate_passes_on_the_sources_error() -> None:
    error, signals = LookupError("source"), Signals()

    async def main() -> None:
        await last_value_from(signals.gate(rx.throw(error)).pipe(flat_map(Calls())))

    assert raised_by(main) is error
    assert signals.listeners() == 0


def test_stop_after_an_error_still_stops_the_queue() -> None:
    calls, signals = Calls(1), Signals()

    async def main() -> None:
        source = signals.gate(rx.range(9)).pipe(flat_map(calls, max_concurrent=1))
        with pytest.raises(LookupError):
            await last_value_from(source)
        await asyncio.sleep(1.5)
        signals.stop.on_next(True)
        await asyncio.sleep(20)

    in_virtual_time(main)
    assert calls.made == 3
    assert signals.listeners() == 0


def test_kill_after_an_error_ends_what_goes_on() -> None:
    calls, signals = Calls(1), Signals()

    async def main() -> None:
        source = signals.gate(rx.range(9)).pipe(flat_map(calls, max_concurrent=2))
        with pytest.raises(LookupError):
            await last_value_from(source)
        await asyncio.sleep(0.5)
        signals.kill.on_next(True)
        await asyncio.sleep(20)

    in_virtual_time(main)
    cleaned = [entry for entry in calls.log if entry.startswith("cleaned")]
    assert cleaned == ["cleaned 3", "cleaned 4"]
    assert calls.made == 4
    assert signals.listeners() == 0


def test_a_second_kill_leaves_the_cleanup_alone_also_after_an_error() -> None:
    calls, signals = Calls(), Signals()

    async def work(item: int) -> int:
        if item == 0:
            raise LookupError
        return await calls()

    async def main() -> None:
        with pytest.raises(LookupError):
            await last_value_from(signals.gate(rx.range(2)).pipe(flat_map(work)))
        after(0.5, signals.kill)
        after(0.75, signals.kill)
        await asyncio.sleep(5)

    in_virtual_time(main)
    assert calls.log == ["start 1", "cancel 1", "cleaned 1"]


@pytest.mark.parametrize("bound", [None, 2])
def test_kill_of_a_plain_subscription_gives_the_results_there_are(bound: int | None) -> None:
    calls, signals, seen = Calls(), Signals(), list[object]()

    async def work(item: int) -> object:
        return await calls() if item else "done"

    async def main() -> None:
        after(0.5, signals.kill)
        fan_out = signals.gate(rx.range(2)).pipe(flat_map(work, max_concurrent=bound))
        fan_out.subscribe(seen.append, seen.append, lambda: seen.append("end"))
        await asyncio.sleep(2)

    in_virtual_time(main)
    assert seen == ["done", "end"]
    assert calls.log == ["start 1", "cancel 1", "cleaned 1"]


def test_who_is_cancelled_in_the_turn_of_the_end_is_cancelled() -> None:
    async def main() -> None:
        source = Subject[int]()
        awaiting = asyncio.ensure_future(last_value_from(source))
        await asyncio.sleep(1)
        source.on_next(1)
        source.on_completed()
        awaiting.cancel()
        await asyncio.wait([awaiting])
        assert awaiting.cancelled()

    in_virtual_time(main)


def test_an_item_that_is_cancelled_before_its_first_step_leaves_its_place() -> None:
    async def main() -> list[type]:
        fan_out = flat_map(Calls(), max_concurrent=1, return_exceptions=True)
        awaiting = asyncio.ensure_future(
            last_value_from(rx.range(3).pipe(fan_out, ops.map(type), ops.to_list()))
        )
        await asyncio.sleep(0)
        (item,) = asyncio.all_tasks() - {awaiting, asyncio.current_task()}
        item.cancel()
        return await awaiting

    assert in_virtual_time(main) == [asyncio.CancelledError, int, int]


def test_cancelled_caller_is_cancelled_though_killed() -> None:
    calls, signals = Calls(), Signals()

    async def main() -> None:
        source = signals.gate(rx.range(2)).pipe(flat_map(calls, max_concurrent=2), ops.to_list())
        task = asyncio.ensure_future(last_value_from(source))
        await asyncio.sleep(0.5)
        task.cancel()
        await asyncio.sleep(0.1)
        signals.kill.on_next(True)
        with pytest.raises(asyncio.CancelledError):
            await task
        assert sorted(calls.log[-2:]) == ["cleaned 1", "cleaned 2"]

    in_virtual_time(main)
    assert signals.listeners() == 0


def test_signal_after_the_loop_is_closed() -> None:
    signals, heard = Signals(), list[int]()

    async def main() -> None:
        source = signals.gate(rx.never())
        heard.append(1)
        source.subscribe(lambda _: None)
        await asyncio.sleep(0)

    in_virtual_time(main)
    signals.stop.on_next(True)
    assert heard == [1]


# --- threads -----------------------------------------------------------------------------


def test_in_thread_brings_the_context_and_in_executor_does_not() -> None:
    async def main() -> tuple[object, object]:
        VARIABLE.set("the caller's")
        source = rx.from_callable(VARIABLE.get)
        return (
            await last_value_from(source.pipe(in_thread())),
            await last_value_from(source.pipe(in_executor())),
        )

    assert in_virtual_time(main) == ("the caller's", "unset")


def test_in_thread_gives_the_error_as_it_is() -> None:
    error = LookupError("in a thread")

    def fail() -> None:
        raise error

    async def main() -> None:
        await last_value_from(rx.from_callable(fail).pipe(in_thread()))

    assert raised_by(main) is error


def test_in_thread_takes_the_last_value() -> None:
    async def main() -> object:
        return await last_value_from(rx.of(1, 2, 3).pipe(in_thread()))

    assert in_virtual_time(main) == 3
    empty = raised_by(lambda: last_value_from(rx.empty().pipe(in_thread())))
    assert isinstance(empty, SequenceContainsNoElementsError)


def test_pipelines_inside_of_a_threads_function_run_at_once() -> None:
    def collected() -> list[int]:
        found: list[int] = []
        rx.of(1, 2, 3).subscribe(found.append)
        return found

    async def main() -> object:
        return await last_value_from(rx.from_callable(collected).pipe(in_thread()))

    assert in_virtual_time(main) == [1, 2, 3]


@pytest.mark.parametrize("loop_is_given", [True, False])
def test_in_executor_takes_the_default_executor_of_its_loop(loop_is_given: bool) -> None:
    class Elsewhere:
        jobs: list[object]

        def run_in_executor(self, executor: object, job: Callable[[], Any]) -> Any:
            self.jobs.append(executor)
            return asyncio.get_running_loop().run_in_executor(None, job)

    elsewhere = Elsewhere()
    elsewhere.jobs = []
    operator = in_executor(loop=elsewhere) if loop_is_given else in_executor()  # type: ignore[arg-type]

    async def main() -> object:
        return await last_value_from(rx.from_callable(lambda: 7).pipe(operator))

    assert in_virtual_time(main) == 7
    assert elsewhere.jobs == ([None] if loop_is_given else [])


def test_in_executor_of_a_loop_that_is_not_there_yet_fails_as_its_method_does() -> None:
    loop: Any = None

    async def main() -> object:
        return await last_value_from(rx.from_callable(int).pipe(in_executor(loop=loop)))

    with pytest.raises(AttributeError, match="run_in_executor"):
        in_virtual_time(main)


# --- dynamic_semaphore -------------------------------------------------------------------


def test_limit_rises_and_drops() -> None:
    limit = BehaviorSubject(2)
    inside: list[int] = []
    most: list[int] = []

    async def main() -> None:
        gate = dynamic_semaphore(limit)

        async def work(item: int) -> None:
            async with gate:
                inside.append(item)
                most.append(len(inside))
                await asyncio.sleep(1)
                inside.remove(item)

        after(0.5, limit, 4)
        after(1.2, limit, 1)
        after(5.5, limit, 0)
        after(9.5, limit, 3)
        await last_value_from(rx.range(12).pipe(flat_map(work)))

    assert elapsed(main) == 10.5
    assert most[:4] == [1, 2, 3, 4]
    assert max(most[6:]) <= 3


semaphores = pytest.mark.parametrize("make", [asyncio.Semaphore, dynamic_semaphore])


@semaphores
def test_a_place_that_was_given_away_is_one_place(make: Callable[[int], Any]) -> None:
    async def main() -> tuple[bool, bool]:
        gate = make(1)
        await gate.acquire()
        waiting = asyncio.ensure_future(gate.acquire())
        await asyncio.sleep(0)
        gate.release()
        waiting.cancel()
        await asyncio.wait([waiting])
        before = gate.locked()
        await gate.acquire()
        return before, gate.locked()

    assert in_virtual_time(main) == (False, True)


@semaphores
def test_who_was_woken_comes_before_who_asks_now(make: Callable[[int], Any]) -> None:
    async def main() -> tuple[bool, bool]:
        gate = make(0)
        waiting = asyncio.ensure_future(gate.acquire())
        await asyncio.sleep(0)
        gate.release()
        gate.release()
        before = gate.locked()
        await waiting
        return before, gate.locked()

    assert in_virtual_time(main) == (True, False)


@semaphores
def test_a_place_is_always_got(make: Callable[[int], Any]) -> None:
    async def main() -> tuple[bool, bool]:
        gate = make(1)
        at_once = await gate.acquire()
        asyncio.get_running_loop().call_later(1, gate.release)
        return at_once, await gate.acquire()

    assert in_virtual_time(main) == (True, True)


@semaphores
def test_no_limit_is_negative(make: Callable[[int], Any]) -> None:
    with pytest.raises(ValueError, match="must be >= 0"):
        make(-1)


def test_a_limit_below_what_runs_admits_nobody() -> None:
    async def main() -> list[bool]:
        limit = BehaviorSubject(3)
        gate = dynamic_semaphore(limit)
        for _ in range(3):
            await gate.acquire()
        limit.on_next(1)
        locked = []
        for _ in range(3):
            locked.append(gate.locked())
            gate.release()
        return [*locked, gate.locked()]

    assert in_virtual_time(main) == [True, True, True, False]


@pytest.mark.parametrize("make", [partial(asyncio.Semaphore, 1), partial(dynamic_semaphore, 1)])
def test_who_waits_for_a_place_binds_the_semaphore_to_the_loop(make: Callable[[], Any]) -> None:
    gate = make()

    async def enter() -> None:
        async with gate:
            await asyncio.sleep(1)

    async def one() -> None:
        await enter()

    async def two() -> None:
        await asyncio.gather(enter(), enter())

    for main in (one, two, one):
        in_virtual_time(main)
    with pytest.raises(RuntimeError, match="bound to a different event loop"):
        in_virtual_time(two)


@pytest.mark.parametrize("make", [dynamic_semaphore, operators.DynamicSemaphore])
def test_one_place_unless_told_otherwise(make: Callable[[], operators.DynamicSemaphore]) -> None:
    async def main() -> tuple[bool, bool]:
        gate = make()
        before = gate.locked()
        await gate.acquire()
        return before, gate.locked()

    assert in_virtual_time(main) == (False, True)


def test_nothing_is_lost_when_a_waiter_gives_up() -> None:
    async def main() -> None:
        gate = dynamic_semaphore(BehaviorSubject(1))
        await gate.acquire()
        waiting = [asyncio.ensure_future(gate.acquire()) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        gate.release()
        waiting[1].cancel()
        assert await waiting[2]
        gate.release()
        assert not gate.locked()

    in_virtual_time(main)


# --- what mutants asked for --------------------------------------------------------------


def test_steps_that_are_due_at_once_all_run() -> None:
    async def main() -> object:
        both = rx.merge(from_async(Calls()), from_async(asyncio.sleep, 2, "second"))
        return await last_value_from(both.pipe(ops.to_list()))

    assert in_virtual_time(main) == [1, "second"]


def test_gate_that_was_shut_before_lets_nothing_through() -> None:
    seen: list[int] = []

    async def main() -> None:
        stop, kill = BehaviorSubject(True), BehaviorSubject(False)
        shutdown_gate(rx.of(1, 2), stop, kill).subscribe(seen.append)
        await asyncio.sleep(1)

    in_virtual_time(main)
    assert seen == []


@pytest.mark.parametrize("make", [AsyncLimiter, rate_limit, operators.RateLimit])
def test_a_rate_is_one_for_each_minute_unless_told_otherwise(make: Callable[[float], Any]) -> None:
    assert make(5).time_period == 60


@pytest.mark.parametrize("make", [AsyncLimiter, rate_limit])
def test_a_rate_limit_has_room_for_one_to_begin_with(make: Callable[..., Any]) -> None:
    async def main() -> tuple[bool, bool]:
        limit = make(1, 1e9)  # nothing leaks while one looks
        before = limit.has_capacity()
        await limit.acquire()
        return before, limit.has_capacity()

    assert in_virtual_time(main) == (True, False)


@pytest.mark.parametrize("amount", [-1, -0.5, 3])
def test_no_amount_is_negative_or_more_than_there_ever_is(amount: float) -> None:
    assert isinstance(raised_by(lambda: rate_limit(2).acquire(amount)), ValueError)


def test_rate_limit_leaks_however_long_it_takes() -> None:
    async def main() -> bool:
        limit = rate_limit(2, 10)
        await limit.acquire(2)
        assert not limit.has_capacity()
        # Until the clock shows twice what it shows now: also a multiple has to count in full.
        now = asyncio.get_running_loop().time()
        assert now > 10
        await asyncio.sleep(now)
        return limit.has_capacity(2)

    assert in_virtual_time(main) is True


def test_event_shows_itself_as_asyncios_does() -> None:
    event = operators.EventSubject()
    name = f"{operators.EventSubject.__module__}.EventSubject"
    assert repr(event) == f"<{name} object at {id(event):#x} [unset]>"
    event.set()
    assert repr(event) == f"<{name} object at {id(event):#x} [set]>"


def test_rate_limit_forgets_who_waited_on_another_loop() -> None:
    limit = rate_limit(1, 10)

    async def wait() -> None:
        await limit.acquire()
        waiting = asyncio.ensure_future(limit.acquire())
        await asyncio.sleep(0)
        left.append(waiting)

    async def again() -> None:
        with pytest.warns(RuntimeWarning, match="on another event loop") as caught:
            async with limit:
                pass
        assert caught[0].filename == __file__

    left: list[object] = []
    for main in (wait, again):
        loop = VirtualLoop()
        loop.set_exception_handler(lambda *_: None)
        with standing_in(loop):
            loop.run(main())
        loop.close()
    assert limit._waiting == []


def test_rate_limit_wakes_who_waits_also_if_there_is_more_room_than_needed() -> None:
    async def main() -> None:
        limit = rate_limit(1, 10)
        await limit.acquire()
        waiting = asyncio.ensure_future(limit.acquire())
        await asyncio.sleep(0)
        limit.max_rate = 5
        await limit.acquire()
        await asyncio.sleep(0.1)
        assert waiting.done()

    assert elapsed(main) == 0.1


def test_an_error_of_a_step_keeps_what_it_was_raised_over() -> None:
    async def check(_: int) -> bool:
        try:
            raise ValueError("inner")
        except ValueError:
            raise RuntimeError  # noqa: B904 - it is about what is implied

    async def poll_in_handler() -> None:
        try:
            raise KeyError("outer")
        except KeyError:
            await last_value_from(rx.interval(1).pipe(poll(check), ops.last()))

    raised = raised_by(poll_in_handler)
    assert repr(raised.__context__) == "ValueError('inner')"
    assert raised.__context__ is not None
    assert repr(raised.__context__.__context__) == "KeyError('outer')"


def test_an_error_of_an_item_is_raised_over_what_the_awaiting_task_handles() -> None:
    async def item(_: int) -> None:
        try:
            raise ValueError("inner")
        except ValueError:
            raise RuntimeError  # noqa: B904 - it is about what is implied

    async def fan_out_in_handler(gathers: bool) -> None:
        try:
            raise KeyError("outer")
        except KeyError:
            if gathers:
                await asyncio.gather(*[item(n) for n in range(2)])
            await last_value_from(rx.from_iterable(range(2)).pipe(flat_map(item), ops.to_list()))

    for gathers in (True, False):
        raised = raised_by(partial(fan_out_in_handler, gathers))
        assert repr(raised.__context__) == "KeyError('outer')"


def _fails_at(n: int) -> Callable[[int], Coroutine[Any, Any, int]]:
    async def give(item: int) -> int:
        return item

    def make(item: int) -> Coroutine[Any, Any, int]:
        if item == n:
            raise LookupError
        return give(item)

    return make


@pytest.mark.parametrize(
    "source",
    [
        rx.from_iterable(range(3)).pipe(flat_map(_fails_at(0)), ops.to_list()),
        rx.from_iterable(1 // n for n in range(3)).pipe(flat_map(_fails_at(3)), ops.to_list()),
        rx.timer("soon"),  # type: ignore[arg-type]
    ],
    ids=["mapper", "items", "timer"],
)
def test_what_fails_at_once_gives_no_way(source: Observable[object]) -> None:
    order = list[str]()

    async def main() -> None:
        asyncio.get_running_loop().call_soon(order.append, "others")
        with suppress(LookupError, ZeroDivisionError, TypeError):
            await last_value_from(source)
        order.append("failed")
        await asyncio.sleep(0)

    in_virtual_time(main)
    assert order == ["failed", "others"]
