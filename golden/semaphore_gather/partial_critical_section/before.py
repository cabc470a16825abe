"""Only a part of the work is under the semaphore, or two fan-outs share one."""

import asyncio


async def convert_all(files, read, convert):
    cpu = asyncio.Semaphore(2)

    async def convert_one(name):
        data = await read(name)
        async with cpu:
            return await convert(data)

    return await asyncio.gather(*[convert_one(name) for name in files])


async def read_and_check(files, read, check):
    disk = asyncio.Semaphore(2)

    async def read_one(name):
        async with disk:
            return await read(name)

    async def check_one(name):
        async with disk:
            return await check(name)

    contents = await asyncio.gather(*(read_one(name) for name in files))
    verdicts = await asyncio.gather(*(check_one(name) for name in files))
    return list(zip(contents, verdicts))


async def read_by_hand(files, read):
    disk = asyncio.Semaphore(2)
    waited = 0

    async def read_one(name):
        nonlocal waited
        waited += disk.locked()
        await disk.acquire()
        try:
            return await read(name)
        finally:
            disk.release()

    return waited, await asyncio.gather(*[read_one(name) for name in files])
