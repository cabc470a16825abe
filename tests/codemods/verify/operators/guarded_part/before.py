import asyncio


class ConflictError(Exception):
    pass


async def reset(read, write, log, attempts):
    last = None
    for attempt in range(attempts):
        record = await read()
        try:
            return await write(record)
        except ConflictError as exc:
            last = exc
            await log(attempt)
            if record == "odd":
                raise LookupError(attempt) from None
            if attempt % 2:
                continue
            await asyncio.sleep(0.5 * (attempt + 1))
    if last is None:
        return "not tried"
    raise last


async def claim(read, write, log, attempts):
    for attempt in range(attempts):
        record = await read()
        try:
            return await write(record)
        except ConflictError:
            await log(attempt)
            if attempt == attempts - 1:
                raise
            await asyncio.sleep(0)
    return None
