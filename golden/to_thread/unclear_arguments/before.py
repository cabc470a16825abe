"""Nobody can tell from the source which function it is."""

import asyncio


async def run(job, options, client):
    await asyncio.to_thread(*job)
    await asyncio.to_thread(**options)
    loop = asyncio.get_running_loop()
    await loop.run_in_executor(None, *job)
    await loop.run_in_executor(None)
    await loop.run_in_executor(None, print, sep="")
    await client.worker.run_in_executor(None, print)
    return await client.event_loop(1).run_in_executor(None, print)
