"""Exceptions in the place of results."""

import asyncio


async def close_all(pool, cache, listener, strict):
    results = await asyncio.gather(
        pool.close(), cache.close(), listener, return_exceptions=not strict
    )
    failed = [each for each in results if isinstance(each, BaseException)]
    return len(results), [f"{type(each).__name__}: {each}" for each in failed]


async def close_two(pool, cache):
    return await asyncio.gather(pool.close(), cache.close(), return_exceptions=True)


async def close_strictly(pool, cache):
    return await asyncio.gather(pool.close(), cache.close(), return_exceptions=False)
