"""What a pipeline's functions refer to goes when the pipeline has ended, without a collection.

A temporary directory, an open file, a lock: in a plain coroutine it goes when the function ends.
"""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
import reactivex as rx
from reactivex import Observable
from reactivex import operators as ops

from transforms.runtime.operators import (
    concat_map,
    do_action,
    flat_map,
    from_async,
    last_value_from,
    poll,
)


class Held:
    """Something that is referred to by the functions of a pipeline."""


async def work(_: object) -> int:
    await asyncio.sleep(0)
    return 1


async def fail(_: object) -> int:
    await asyncio.sleep(0)
    raise ValueError


async def wait(_: object) -> int:
    await asyncio.sleep(3600)
    return 1


_Work = Callable[[object], Awaitable[int]]
_Build = Callable[[Held, _Work], Observable[Any]]

PIPELINES: dict[str, _Build] = {
    "from_async": lambda held, do: from_async(lambda: do(held)),
    "concat_map": lambda held, do: rx.of(1).pipe(concat_map(lambda _: do(held))),
    "concat_map to an observable": lambda held, do: from_async(work, 1).pipe(
        concat_map(lambda _: from_async(do, held))
    ),
    "do_action": lambda held, do: rx.of(1).pipe(do_action(lambda _: do(held))),
    "flat_map": lambda held, do: rx.of(1, 2).pipe(flat_map(lambda _: do(held)), ops.to_list()),
    "flat_map with a bound": lambda held, do: rx.of(1, 2, 3).pipe(
        flat_map(lambda _: do(held), max_concurrent=2), ops.to_list()
    ),
    "poll": lambda held, do: rx.interval(0.001).pipe(
        poll(lambda _: do(held)), ops.take(2), ops.last()
    ),
}


@pytest.fixture(autouse=True)
def no_collections() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize("do", [work, fail, wait], ids=["ends", "fails", "is cancelled"])
@pytest.mark.parametrize("build", PIPELINES.values(), ids=PIPELINES)
def test_nothing_is_kept(build: _Build, do: _Work) -> None:
    seen: list[weakref.ref[Held]] = []

    async def function() -> None:
        held = Held()
        seen.append(weakref.ref(held))
        await last_value_from(build(held, do))

    async def main() -> None:
        task = asyncio.create_task(function())
        await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.wait([task])
        if not task.cancelled() and isinstance(task.exception(), ValueError):
            task.exception().__traceback__ = None  # type: ignore[union-attr]
        del task
        await asyncio.sleep(0)
        assert seen[0]() is None

    asyncio.run(main())
