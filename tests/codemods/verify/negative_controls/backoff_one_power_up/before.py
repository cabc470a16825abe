"""Read once, then try to write a few times, with a growing pause in between."""

import asyncio


async def store(read, write, attempts):
    record = await read()
    for attempt in range(attempts):
        try:
            return await write(record)
        except ConnectionError:
            if attempt == attempts - 1:
                raise
        await asyncio.sleep(0.1 * 2**attempt)
    raise ValueError(attempts)
