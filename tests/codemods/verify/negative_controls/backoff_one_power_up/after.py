"""Wrong: the first pause is twice as long."""

import asyncio


async def store(read, write, attempts):
    record = await read()
    for attempt in range(attempts):
        try:
            return await write(record)
        except ConnectionError:
            if attempt == attempts - 1:
                raise
        await asyncio.sleep(0.1 * 2 ** (attempt + 1))
    raise ValueError(attempts)
