import asyncio
import random


class ConflictError(Exception):
    pass


async def move(read, write, attempts, base, cap):
    for n in range(attempts):
        record = await read()
        try:
            return await write(record)
        except ConflictError:
            if n == attempts - 1:
                raise
        await asyncio.sleep(min(base * 2**n + random.uniform(0, base), cap))
    raise AssertionError


async def move_whatever_it_takes(read, write, base, cap):
    delay = base
    while True:
        record = await read()
        try:
            return await write(record)
        except ConflictError:
            await asyncio.sleep(delay)
            delay = min(delay * 2, cap)
