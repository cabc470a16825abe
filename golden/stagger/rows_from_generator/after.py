"""Rows are read while earlier ones are being sent; all at once would be another program."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator

import reactivex as rx
from reactivex import operators as ops

from _operators import flat_map, last_value_from


def _parsed(lines: Iterable[str], log: Callable[[str], None]) -> Iterator[tuple[str, int]]:
    for line in lines:
        log(line)
        name, _, amount = line.partition("=")
        yield name, int(amount)


async def replay(
    lines: list[str],
    log: Callable[[str], None],
    send: Callable[[tuple[str, int]], Awaitable[str]],
) -> list[str]:
    tasks = []
    for i, row in enumerate(_parsed(lines, log)):
        if i > 0:
            await last_value_from(rx.timer(0.75))
        tasks.append(asyncio.create_task(send(row)))
    return await last_value_from(
        rx.from_iterable(tasks).pipe(flat_map(lambda task: task), ops.to_list())
    )
