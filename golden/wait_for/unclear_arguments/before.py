"""Nobody can tell from the source what is limited, or for how long."""

import asyncio


async def run(job, pair, options, limit):
    await asyncio.wait_for(*pair)
    await asyncio.wait_for(job(), *limit)
    await asyncio.wait_for(job(), **options)
    await asyncio.wait_for(job())
    await asyncio.wait_for(job(), 3, loop=None)
    await asyncio.wait_for(timeout=limit(), fut=job())
    return asyncio.wait_for
