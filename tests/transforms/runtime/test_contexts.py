"""Which context an item of ``flat_map`` sees: that of its caller, when all the calls are made."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextvars import ContextVar
from typing import Any

import pytest
import reactivex as rx
from reactivex import operators as ops

from transforms.runtime.operators import flat_map, last_value_from

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
