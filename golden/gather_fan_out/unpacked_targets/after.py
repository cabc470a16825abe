"""Items that are unpacked: of ``zip``, ``enumerate`` and ``items()``, and of anything else."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

import reactivex as rx
from reactivex import operators as ops

from _operators import flat_map, last_value_from

Call = Callable[..., Awaitable[str]]


async def rename(old: list[str], new: list[str], call: Call) -> list[str]:
    return await last_value_from(
        rx.from_iterable(zip(old, new)).pipe(
            flat_map(lambda pair: call(*pair)), ops.to_list()
        )
    )


async def number(lines: Iterable[str], call: Call, *, page: int) -> list[str]:
    return await last_value_from(
        rx.from_iterable(enumerate(lines, 1)).pipe(
            flat_map(lambda pair: call(*pair, page=page)), ops.to_list()
        )
    )


async def put(values: Mapping[str, str], call: Call) -> None:
    await last_value_from(
        rx.from_iterable(values.items()).pipe(
            flat_map(lambda pair: call(*pair)), ops.to_list()
        )
    )


async def touch(values: Mapping[str, str], call: Call) -> None:
    await last_value_from(
        rx.from_iterable(key for key, _ in values.items()).pipe(
            flat_map(call), ops.to_list()
        )
    )


async def swap(pairs: Iterable[tuple[str, str]], call: Call) -> list[str]:
    # A pair of three would be a ValueError here and a TypeError in a call.
    return await last_value_from(
        rx.from_iterable((second, first) for first, second in pairs).pipe(
            flat_map(lambda pair: call(*pair)), ops.to_list()
        )
    )


async def straight(pairs: Iterable[tuple[str, str]], call: Call) -> list[str]:
    return await last_value_from(
        rx.from_iterable((first, second) for first, second in pairs).pipe(
            flat_map(lambda pair: call(*pair)), ops.to_list()
        )
    )


async def by_keyword(lines: Iterable[str], call: Call) -> list[str]:
    return await last_value_from(
        rx.from_iterable(
            [call(line, at=index) for index, line in enumerate(lines)]
        ).pipe(flat_map(lambda task: task), ops.to_list())
    )


async def nested(rows: Iterable[tuple[str, tuple[int, int]]], call: Call) -> list[str]:
    return await last_value_from(
        rx.from_iterable([call(name, x + y) for name, (x, y) in rows]).pipe(
            flat_map(lambda task: task), ops.to_list()
        )
    )


async def names_taken(lines: Sequence[str], call: Call, *, pair: str, args: str, given: str) -> None:
    await last_value_from(
        rx.from_iterable(enumerate(lines)).pipe(
            flat_map(lambda given_2: call(*given_2, pair, args, given)), ops.to_list()
        )
    )
    await last_value_from(
        rx.from_iterable(zip(lines, lines, lines)).pipe(
            flat_map(lambda given_2: call(*given_2, args, given)), ops.to_list()
        )
    )
