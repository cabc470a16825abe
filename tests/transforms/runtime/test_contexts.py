"""Which context an item of ``flat_map`` sees: that of its caller, when all the calls are made."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Generator
from contextvars import ContextVar, copy_context
from typing import Any

import pytest
import reactivex as rx
from reactivex import operators as ops

from transforms.runtime.operators import concat_map, flat_map, from_async, last_value_from

REQUEST: ContextVar[int] = ContextVar("request", default=-1)


async def _handle(number: int) -> tuple[int, int]:
    seen = REQUEST.get()
    REQUEST.set(100)
    await asyncio.sleep(0)
    return number, seen


def _called(number: int) -> Coroutine[Any, Any, tuple[int, int]]:
    REQUEST.set(number)
    return _handle(number)


def _noted(number: int) -> int:
    REQUEST.set(number)
    return number


def test_what_the_mapper_sets() -> None:
    async def both() -> tuple[list[tuple[int, int]], list[tuple[int, int]], int]:
        gathered = await asyncio.gather(*[_called(number) for number in range(3)])
        REQUEST.set(-1)
        mapped = await last_value_from(
            rx.from_iterable(range(3)).pipe(flat_map(_called), ops.to_list())
        )
        return gathered, mapped, REQUEST.get()

    gathered, mapped, after = asyncio.run(both())
    assert mapped == gathered == [(0, 2), (1, 2), (2, 2)]
    assert after == 2


@pytest.mark.parametrize("bound", [None, 2])
def test_what_the_items_set(bound: int | None) -> None:
    async def main() -> list[tuple[int, int]]:
        items = rx.from_iterable(_noted(number) for number in range(3))
        return await last_value_from(
            items.pipe(flat_map(_handle, max_concurrent=bound), ops.to_list())
        )

    assert asyncio.run(main()) == [(0, 2), (1, 2), (2, 2)]


class _Begun:
    """A coroutine that has made its first step where it was called, as an eager task does."""

    def __init__(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        self._coroutine = coroutine
        self._context = copy_context()
        self._results: list[Any] = []
        self._step()

    def _step(self) -> None:
        try:
            self._waits_for = self._context.run(self._coroutine.send, None)
        except StopIteration as stop:
            self._results.append(stop.value)

    def __await__(self) -> Generator[Any, Any, Any]:
        while not self._results:
            yield self._waits_for
            self._step()
        return self._results[0]


def _eager_task(
    loop: asyncio.AbstractEventLoop, coroutine: Coroutine[Any, Any, Any], **_: Any
) -> asyncio.Task[Any]:
    async def rest(begun: _Begun) -> Any:
        return await begun

    return asyncio.Task(rest(_Begun(coroutine)), loop=loop)


async def _answer(number: int) -> int:
    return number


def test_a_pipeline_within_a_call_of_another_runs_where_it_is_awaited() -> None:
    calls: list[tuple[int, int, int]] = []

    async def inner(number: int) -> list[tuple[int, int]]:
        REQUEST.set(number)

        def noted(item: int) -> Coroutine[Any, Any, tuple[int, int]]:
            calls.append((number, item, REQUEST.get()))
            return _handle(item)

        def list_of(first: int) -> rx.Observable[list[tuple[int, int]]]:
            return rx.from_iterable([first, 8]).pipe(flat_map(noted), ops.to_list())

        return await last_value_from(from_async(_answer, 7).pipe(concat_map(list_of)))

    async def main() -> list[Any]:
        begun = rx.from_iterable(_Begun(inner(number)) for number in range(2))
        return await last_value_from(begun.pipe(flat_map(lambda task: task), ops.to_list()))

    assert asyncio.run(main()) == [[(7, 0), (8, 0)], [(7, 1), (8, 1)]]
    assert calls == [(0, 7, 0), (0, 8, 0), (1, 7, 1), (1, 8, 1)]


@pytest.mark.parametrize("bound", [1, 2, 3, None])
def test_eager_tasks_that_end_at_once_keep_their_places(bound: int | None) -> None:
    async def some_wait(number: int) -> int:
        if number % 3 == 1:
            await asyncio.sleep(0)
        return number

    async def main(count: int) -> list[int]:
        asyncio.get_running_loop().set_task_factory(_eager_task)
        return await last_value_from(
            rx.from_iterable(range(count)).pipe(
                flat_map(some_wait, max_concurrent=bound), ops.to_list()
            )
        )

    assert asyncio.run(main(2000)) == [*range(2000)]
