"""Through a second coroutine."""

import asyncio


async def fetch_soon(fetch, patience):
    async def wait():
        return await asyncio.wait_for(fetch(), timeout=patience)

    return await wait()
