"""Something is awaited while the awaitables are made: the gather has not begun by then."""

import asyncio


async def resolved(names, lookup, call):
    return await asyncio.gather(*[call(await lookup(name)) for name in names])


async def streamed(rows, call):
    return await asyncio.gather(*[call(row) async for row in rows])


async def streamed_twice(pages, call):
    return await asyncio.gather(*[call(row) async for page in pages for row in page])


async def checked(names, allowed, call):
    return await asyncio.gather(*[call(name) for name in names if await allowed(name)])


async def both(names, lookup, call):
    return await asyncio.gather(call(await lookup("first")), *[call(name) for name in names])
