"""``timeout`` is what the parameter is called, too."""

import asyncio


async def fetch(get, path, timeout=1.0):
    return await asyncio.wait_for(get(path), timeout)


async def fetch_all(get, paths, *, timeout):
    found = []
    for path in paths:
        try:
            found.append(await asyncio.wait_for(get(path), timeout=timeout))
        except TimeoutError:
            timeout *= 2
    return found


async def ping(get):
    return await asyncio.wait_for(get("ping"), 0.5)
