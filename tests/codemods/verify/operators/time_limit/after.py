from _operators import from_async, from_awaitable, last_value_from, timeout


async def fetch_in_time(fetch, seconds):
    return await last_value_from(from_async(fetch).pipe(timeout(seconds)))


async def finish_in_time(task, seconds):
    return await last_value_from(from_awaitable(task).pipe(timeout(seconds)))
