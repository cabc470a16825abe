"""Wherever a list of results can stand."""

import asyncio


async def report(ask, names):
    best = max(await asyncio.gather(ask("one"), ask("two")))
    rows = [each for each in await asyncio.gather(ask("a rather long name of a row"), ask("another long name of a row")) if each]
    total = sum(await asyncio.gather(ask("left"), ask("right"))) + len(await asyncio.gather(*map(ask, names)))
    if any(await asyncio.gather(ask("any"), ask("other"))) and not all(await asyncio.gather(ask("all"))):
        rows += await asyncio.gather(ask("more"), ask("and more"))
    for each, other in zip(rows, await asyncio.gather(ask("zip"), ask("zipped"))):
        total += each - other
    return dict(zip(("x", "y"), await asyncio.gather(ask("x"), ask("y")))), (await asyncio.gather(ask("z"), ask("zz")))[0], best, total, f"{await asyncio.gather(ask('f'), ask('g'))}"
