from _operators import PENDING, TryAgain, last_value_from, occ_transition


class ConflictError(Exception):
    pass


async def reset(read, write, log, attempts):
    last = record = None

    async def transition():
        nonlocal record
        record = await read()
        try:
            return await write(record)
        except ConflictError as exc:
            raise TryAgain from exc

    async def backoff(attempt, exc):
        nonlocal last
        last = exc
        await log(attempt)
        if record == "odd":
            raise LookupError(attempt) from None
        if attempt % 2:
            return PENDING
        return 0.5 * (attempt + 1)

    result = await last_value_from(
        occ_transition(transition, attempts, conflict=TryAgain, backoff=backoff, exhausted=PENDING)
    )
    if result is not PENDING:
        return result
    if last is None:
        return "not tried"
    raise last


async def claim(read, write, log, attempts):
    attempt = -1

    async def transition():
        nonlocal attempt
        attempt += 1
        record = await read()
        try:
            return await write(record)
        except ConflictError as exc:
            await log(attempt)
            raise TryAgain from exc

    return await last_value_from(
        occ_transition(transition, attempts, conflict=TryAgain, backoff=lambda *_: 0)
    )
