"""Only a part of the work is under the semaphore, or two fan-outs share one."""

import reactivex as rx
from reactivex import operators as ops

from _operators import dynamic_semaphore, flat_map, last_value_from


async def convert_all(files, read, convert):
    cpu = dynamic_semaphore(2)

    async def convert_one(name):
        data = await read(name)
        async with cpu:
            return await convert(data)

    return await last_value_from(
        rx.from_iterable(files).pipe(flat_map(convert_one), ops.to_list())
    )


async def read_and_check(files, read, check):
    disk = dynamic_semaphore(2)

    async def read_one(name):
        async with disk:
            return await read(name)

    async def check_one(name):
        async with disk:
            return await check(name)

    contents = await last_value_from(
        rx.from_iterable(files).pipe(flat_map(read_one), ops.to_list())
    )
    verdicts = await last_value_from(
        rx.from_iterable(files).pipe(flat_map(check_one), ops.to_list())
    )
    return list(zip(contents, verdicts))


async def read_by_hand(files, read):
    disk = dynamic_semaphore(2)
    waited = 0

    async def read_one(name):
        nonlocal waited
        waited += disk.locked()
        await disk.acquire()
        try:
            return await read(name)
        finally:
            disk.release()

    return waited, await last_value_from(
        rx.from_iterable(files).pipe(flat_map(read_one), ops.to_list())
    )
