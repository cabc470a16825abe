"""The same with the bookkeeping turned round."""

import asyncio


async def store(read, write, attempts):
    record = await read()
    failed = 0
    while True:
        try:
            return await write(record)
        except ConnectionError:
            failed += 1
            if failed == attempts:
                raise
        await asyncio.sleep(0.1 * 2 ** (failed - 1))
