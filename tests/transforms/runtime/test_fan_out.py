"""What ``flat_map`` and ``fork_join`` share with ``asyncio.gather``, where few would look."""

from __future__ import annotations

import asyncio
import gc
import logging
import weakref
from collections.abc import Awaitable, Callable, Coroutine, Generator
from contextvars import ContextVar
from typing import Any

import pytest
import reactivex as rx
from reactivex import Observable
from reactivex import operators as ops

from transforms.runtime.operators import do_action, flat_map, fork_join, last_value_from

SEEN: ContextVar[object] = ContextVar("SEEN", default=None)
Run = Callable[..., Awaitable[list[Any]]]


async def gathered(*works: Awaitable[Any], return_exceptions: bool = False) -> list[Any]:
    return list(await asyncio.gather(*works, return_exceptions=return_exceptions))


async def mapped(*works: Awaitable[Any], return_exceptions: bool = False) -> list[Any]:
    fan_out = flat_map(lambda work: work, return_exceptions=return_exceptions)
    return await last_value_from(rx.from_iterable(works).pipe(fan_out, ops.to_list()))


async def joined(*works: Awaitable[Any], return_exceptions: bool = False) -> list[Any]:
    return await last_value_from(fork_join(*works, return_exceptions=return_exceptions))


async def joined_in_a_chain(*works: Awaitable[Any], return_exceptions: bool = False) -> list[Any]:
    joined = fork_join(*works, return_exceptions=return_exceptions)
    return await last_value_from(joined.pipe(ops.map(list)))


everywhere = pytest.mark.parametrize("run", [gathered, mapped, joined, joined_in_a_chain])


async def value(result: object, turns: int = 1) -> object:
    for _ in range(turns):
        await asyncio.sleep(0)
    return result


async def failure(turns: int = 1) -> object:
    await value(None, turns)
    raise LookupError("as expected")


@everywhere
@pytest.mark.parametrize("kind", ["coroutine", "task"])
def test_an_awaitable_given_twice_is_awaited_once(run: Run, kind: str) -> None:
    async def main() -> list[Any]:
        work: Awaitable[object] = value("twice")
        if kind == "task":
            work = asyncio.ensure_future(work)
        return await run(value("first", 3), work, work, value("last", 2), work)

    assert asyncio.run(main()) == ["first", "twice", "twice", "last", "twice"]


@everywhere
def test_a_failure_given_twice_is_in_both_places(run: Run) -> None:
    async def main() -> list[Any]:
        work = failure()
        return await run(work, value(1), work, return_exceptions=True)

    first, between, second = asyncio.run(main())
    assert isinstance(first, LookupError)
    assert first is second
    assert between == 1


@everywhere
def test_a_failure_given_twice_ends_it_once(run: Run) -> None:
    async def main() -> None:
        work = asyncio.ensure_future(failure())
        with pytest.raises(LookupError, match="as expected"):
            await run(work, value(1, 3), work)

    asyncio.run(main())


def test_what_was_cancelled_and_is_given_twice_is_no_result() -> None:
    seen: list[object] = []

    async def main() -> None:
        work = asyncio.ensure_future(value(1))
        work.cancel("by somebody")
        works: Observable[Any] = rx.of(work, work).pipe(flat_map(lambda work: work))
        with pytest.raises(asyncio.CancelledError, match="by somebody"):
            await last_value_from(works.pipe(ops.do_action(seen.append)))

    asyncio.run(main())
    assert seen == []


@everywhere
def test_what_cannot_be_awaited_is_refused_and_what_was_before_it_goes_on(run: Run) -> None:
    ended: list[str] = []

    async def work() -> None:
        await asyncio.sleep(0)
        ended.append("work")

    async def main() -> None:
        with pytest.raises(TypeError, match="awaitable"):
            await run(work(), 7)
        await asyncio.sleep(0.001)

    asyncio.run(main())
    assert ended == ["work"]


@everywhere
def test_a_loop_that_is_closed_too_early_does_not_complain(
    run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    async def wait() -> None:
        await asyncio.get_running_loop().create_future()

    async def main() -> None:
        with pytest.raises(LookupError):
            await run(failure(), wait())

    loop = asyncio.new_event_loop()
    with caplog.at_level(logging.ERROR, "asyncio"):
        loop.run_until_complete(main())
        loop.close()
        gc.collect()
    assert caplog.messages == []


@pytest.mark.parametrize("bound", [1, 2])
def test_nor_does_one_that_is_bounded(bound: int, caplog: pytest.LogCaptureFixture) -> None:
    async def work(fails: bool) -> None:
        if fails:
            raise LookupError
        await asyncio.get_running_loop().create_future()

    async def main() -> None:
        with pytest.raises(LookupError):
            await last_value_from(rx.of(True, False).pipe(flat_map(work, max_concurrent=bound)))

    loop = asyncio.new_event_loop()
    with caplog.at_level(logging.ERROR, "asyncio"):
        loop.run_until_complete(main())
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()
        gc.collect()
    assert [message for message in caplog.messages if "_keep_queue" not in message] == []


@everywhere
@pytest.mark.parametrize("message", [(), ("why",)])
def test_a_cancellation_in_its_place_says_what_the_caller_said(
    run: Run, message: tuple[str, ...]
) -> None:
    async def main() -> list[Any]:
        future = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_soon(future.cancel, *message)
        return await run(future, return_exceptions=True)

    (cancelled,) = asyncio.run(main())
    assert type(cancelled) is asyncio.CancelledError
    assert cancelled.args == (message or ("",))


class Incomparable:
    """Can be awaited, but not be compared."""

    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        raise AssertionError("compared")

    def __await__(self) -> Generator[Any, None, object]:
        return value("its result").__await__()


@everywhere
def test_awaitables_are_not_compared(run: Run) -> None:
    async def main() -> list[Any]:
        return await run(Incomparable(), Incomparable())

    assert asyncio.run(main()) == ["its result"] * 2


def test_a_mapper_that_raises_is_not_called_again() -> None:
    made: list[int] = []

    def mapper(item: int) -> Awaitable[None]:
        made.append(item)
        raise LookupError

    with pytest.raises(LookupError):
        asyncio.run(_awaited(rx.range(3).pipe(flat_map(mapper))))
    assert made == [0]


@pytest.mark.parametrize("bound", [None, 1])
def test_an_error_is_the_affair_of_the_operators_behind(bound: int | None) -> None:
    async def work(_: int) -> object:
        return await failure()

    fan_out = rx.range(3).pipe(flat_map(work, max_concurrent=bound))
    assert asyncio.run(_awaited(fan_out.pipe(ops.catch(rx.of("caught"))))) == "caught"


@pytest.mark.parametrize("bound", [None, 1])
def test_a_cancellation_goes_past_the_operators_behind(bound: int | None) -> None:
    async def work(_: int) -> object:
        raise asyncio.CancelledError("in the item")

    fan_out = rx.range(3).pipe(flat_map(work, max_concurrent=bound))
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(_awaited(fan_out.pipe(ops.catch(rx.of("caught")))))


async def _awaited(source: Observable[Any]) -> object:
    return await last_value_from(source)


@pytest.mark.parametrize("bound", [3, 300])
def test_the_bound_holds(bound: int) -> None:
    inside = most = 0

    async def work(_: int) -> None:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        await asyncio.sleep(0)
        inside -= 1

    async def main() -> None:
        await last_value_from(rx.range(3 * bound).pipe(flat_map(work, max_concurrent=bound)))

    asyncio.run(main())
    assert most == bound


async def bounded_by_a_semaphore(bound: int, work: Callable[[int], Awaitable[object]]) -> None:
    semaphore = asyncio.Semaphore(bound)

    async def one(item: int) -> None:
        async with semaphore:
            await work(item)

    await asyncio.gather(*[one(item) for item in range(3)])


async def bounded_fan_out(bound: int, work: Callable[[int], Awaitable[object]]) -> None:
    await last_value_from(rx.range(3).pipe(flat_map(work, max_concurrent=bound)))


@pytest.mark.parametrize("bound", [0, 1, 2])
def test_cancelling_who_waits_for_places_takes_as_many_turns_of_the_loop(bound: int) -> None:
    async def work(item: int) -> None:
        await asyncio.get_running_loop().create_future()

    async def turns_until_the_end(run: Callable[..., Coroutine[Any, Any, None]]) -> int:
        awaiting = asyncio.ensure_future(run(bound, work))
        for _ in range(5):
            await asyncio.sleep(0)
        awaiting.cancel()
        turns = 0
        while not awaiting.done():
            await asyncio.sleep(0)
            turns += 1
        assert awaiting.cancelled()
        return turns

    before = asyncio.run(turns_until_the_end(bounded_by_a_semaphore))
    assert asyncio.run(turns_until_the_end(bounded_fan_out)) == before


@pytest.mark.parametrize("bound", [None, 1, 2])
def test_what_an_observer_sets_is_not_seen_by_later_items(bound: int | None) -> None:
    async def work(item: int) -> object:
        await asyncio.sleep(0)
        return SEEN.get()

    async def main() -> list[object]:
        items = rx.range(4).pipe(
            flat_map(work, max_concurrent=bound), ops.do_action(SEEN.set), ops.do_action(_set)
        )
        return await last_value_from(items.pipe(ops.to_list()))

    assert asyncio.run(main()) == [None] * 4


def _set(_: object) -> None:
    SEEN.set("leaked")


class Result:
    """Something that is worth its memory."""


@pytest.mark.parametrize("bound", [None, 2])
@pytest.mark.parametrize("slow", [0, 1])
def test_a_result_is_let_go_when_it_is_emitted(bound: int | None, slow: int) -> None:
    alive: list[weakref.ref[Result]] = []
    emitted = asyncio.Queue[None]()

    async def work(item: int) -> Result:
        if item == 2:
            await emitted.get()
            await emitted.get()
            await asyncio.sleep(0)
            gc.collect()
            assert [ref() for ref in alive] == [None, None]
        # One result comes before its turn, and is kept until the other is there.
        await value(None, 5 if item == slow else 1)
        result = Result()
        alive.append(weakref.ref(result))
        return result

    async def main() -> None:
        results: Observable[Any] = rx.range(3).pipe(flat_map(work, max_concurrent=bound))
        await last_value_from(results.pipe(ops.map(lambda _: emitted.put_nowait(None))))

    asyncio.run(main())


def test_steps_behind_a_fan_out_take_its_results_in_turn() -> None:
    log: list[int] = []

    async def work(item: int) -> int:
        await value(None, 9 - 3 * item)
        return item

    async def note(item: int) -> None:
        await asyncio.sleep(0)
        log.append(item)

    async def main() -> object:
        return await last_value_from(rx.range(3).pipe(flat_map(work), do_action(note)))

    assert asyncio.run(main()) == 2
    assert log == [0, 1, 2]


def test_a_task_of_the_callers_is_still_watched(caplog: pytest.LogCaptureFixture) -> None:
    """Who made a task hears of it if it is destroyed: only our own are not talked about."""

    async def wait() -> None:
        await asyncio.get_running_loop().create_future()

    async def main() -> None:
        task: Coroutine[Any, Any, Any] | asyncio.Future[Any] = asyncio.ensure_future(wait())
        with pytest.raises(LookupError):
            await mapped(failure(), task)

    loop = asyncio.new_event_loop()
    with caplog.at_level(logging.ERROR, "asyncio"):
        loop.run_until_complete(main())
        loop.close()
        gc.collect()
    assert ["destroyed" in message for message in caplog.messages] == [True]
