"""Items that are unpacked: of ``zip``, ``enumerate`` and ``items()``, and of anything else."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

Call = Callable[..., Awaitable[str]]


async def rename(old: list[str], new: list[str], call: Call) -> list[str]:
    return await asyncio.gather(*[call(a, b) for a, b in zip(old, new)])


async def number(lines: Iterable[str], call: Call, *, page: int) -> list[str]:
    return await asyncio.gather(
        *[call(index, line, page=page) for index, line in enumerate(lines, 1)]
    )


async def put(values: Mapping[str, str], call: Call) -> None:
    await asyncio.gather(*(call(key, value) for key, value in values.items()))


async def touch(values: Mapping[str, str], call: Call) -> None:
    await asyncio.gather(*(call(key) for key, _ in values.items()))


async def swap(pairs: Iterable[tuple[str, str]], call: Call) -> list[str]:
    # A pair of three would be a ValueError here and a TypeError in a call.
    return await asyncio.gather(*[call(second, first) for first, second in pairs])


async def straight(pairs: Iterable[tuple[str, str]], call: Call) -> list[str]:
    return await asyncio.gather(*[call(first, second) for first, second in pairs])


async def by_keyword(lines: Iterable[str], call: Call) -> list[str]:
    return await asyncio.gather(*[call(line, at=index) for index, line in enumerate(lines)])


async def nested(rows: Iterable[tuple[str, tuple[int, int]]], call: Call) -> list[str]:
    return await asyncio.gather(*[call(name, x + y) for name, (x, y) in rows])


async def names_taken(lines: Sequence[str], call: Call, *, pair: str, args: str, given: str) -> None:
    await asyncio.gather(*[call(n, line, pair, args, given) for n, line in enumerate(lines)])
    await asyncio.gather(*[call(a, b, c, args, given) for a, b, c in zip(lines, lines, lines)])
