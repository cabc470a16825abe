"""Exceptions in the place of results."""

from _operators import fork_join, last_value_from


async def close_all(pool, cache, listener, strict):
    results = await last_value_from(
        fork_join(pool.close(), cache.close(), listener, return_exceptions=not strict)
    )
    failed = [each for each in results if isinstance(each, BaseException)]
    return len(results), [f"{type(each).__name__}: {each}" for each in failed]


async def close_two(pool, cache):
    return await last_value_from(
        fork_join(pool.close(), cache.close(), return_exceptions=True)
    )


async def close_strictly(pool, cache):
    return await last_value_from(fork_join(pool.close(), cache.close()))
