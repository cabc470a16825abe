"""Many jobs in threads at once; the executor's size is the limit."""

import asyncio
import functools


async def digest_all(paths, digest):
    return await asyncio.gather(*[asyncio.to_thread(digest, path) for path in paths])


async def digest_strictly(paths, digest):
    loop = asyncio.get_running_loop()
    return await asyncio.gather(
        *(
            loop.run_in_executor(None, functools.partial(digest, path, strict=True))
            for path in paths
        ),
        return_exceptions=True,
    )


async def run_all(jobs):
    await asyncio.gather(*(asyncio.to_thread(job) for job in jobs))
    return await asyncio.gather(*map(asyncio.to_thread, jobs))


async def digest_by_tasks(paths, digest):
    tasks = [asyncio.create_task(asyncio.to_thread(digest, path)) for path in paths]
    await asyncio.sleep(0)
    return await asyncio.gather(*tasks)
