"""Wherever a value can stand."""

import asyncio


async def report(store, names, verbose):
    head = f"{await asyncio.to_thread(store.title)}: {len(names):>3}"
    rows = [await asyncio.to_thread(store.load, name) for name in names]
    best = max(await asyncio.to_thread(store.load, "first"), await asyncio.to_thread(store.load, "last"))
    with await asyncio.to_thread(store.opened, "out") as out:
        out.append(head)
        out.extend(rows if await asyncio.to_thread(store.is_fresh) else await asyncio.to_thread(store.old_rows, names, limit=3))
    if verbose and not await asyncio.to_thread(store.check, "a rather long name for an entry of the store"):
        return {"best": best, "checked": False, "entries": (await asyncio.to_thread(store.opened, "out")).rows}
    return out.rows, await (asyncio.to_thread(store.title))


async def lines(store, names):
    async for name in each(names):
        yield await asyncio.to_thread(store.load, name)


async def each(names):
    for name in names:
        yield name; await asyncio.to_thread(print, end="")
