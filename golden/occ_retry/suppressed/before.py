import asyncio


class ConflictError(Exception):
    pass


async def with_its_own_sleep(write, key):
    while True:
        try:
            return await write(key)
        except ConflictError:
            await asyncio.sleep(0.1)  # codemods: skip


async def left_alone(write, key):
    while True:  # codemods: skip
        try:
            return await write(key)
        except ConflictError:
            await asyncio.sleep(0.1)  # codemods: skip
