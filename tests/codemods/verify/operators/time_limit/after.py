from _operators import from_async, from_awaitable, last_value_from, timeout
from reactivex import operators as ops


async def fetch_in_time(fetch, seconds):
    return await last_value_from(from_async(fetch).pipe(timeout(seconds)))


async def fetch_in_a_chain(fetch, seconds):
    # What a stock operator stands behind has to be subscribed to.
    return await last_value_from(from_async(fetch).pipe(ops.take(1), timeout(seconds), ops.last()))


async def finish_in_time(task, seconds):
    return await last_value_from(from_awaitable(task).pipe(timeout(seconds)))
