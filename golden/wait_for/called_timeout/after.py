"""``timeout`` is what the parameter is called, too."""

import _operators
from _operators import from_async, last_value_from


async def fetch(get, path, timeout=1.0):
    return await last_value_from(
        from_async(get, path).pipe(_operators.timeout(timeout))
    )


async def fetch_all(get, paths, *, timeout):
    found = []
    for path in paths:
        try:
            found.append(
                await last_value_from(
                    from_async(get, path).pipe(_operators.timeout(timeout))
                )
            )
        except TimeoutError:
            timeout *= 2
    return found


async def ping(get):
    return await last_value_from(from_async(get, "ping").pipe(_operators.timeout(0.5)))
