"""Wrong: so many retries, not so many attempts."""

import asyncio


async def store(read, write, attempts):
    record = await read()
    for attempt in range(attempts + 1):
        try:
            return await write(record)
        except ConnectionError:
            if attempt == attempts:
                raise
        await asyncio.sleep(0.1 * 2**attempt)
    raise ValueError(attempts)
