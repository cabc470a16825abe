from _operators import (
    RetryPolicy,
    from_async,
    last_value_from,
    retry_if_exception_type,
    retry_when,
    stop_after_attempt,
    wait_incrementing,
)

TOTAL = 0


async def drain(pull, items):
    global TOTAL
    seen = []
    tries = 0
    last = None
    policy = RetryPolicy(
        stop=stop_after_attempt(len(items) + 1),
        wait=wait_incrementing(0.1, 0.1),
        retry=retry_if_exception_type((OSError, LookupError)),
    )

    async def attempt():
        nonlocal last, tries
        global TOTAL
        tries += 1
        TOTAL += 1
        while items:
            last = items[0]
            seen.append(await pull(last))
            items.pop(0)

    await last_value_from(from_async(attempt).pipe(retry_when(policy)))
    return seen, tries, last, TOTAL


async def first_of(ask, mirrors):
    error = None
    try:
        policy = RetryPolicy(stop=stop_after_attempt(len(mirrors)), reraise=True)

        async def attempt():
            nonlocal error
            mirror = mirrors.pop()
            try:
                return await ask(mirror)
            except OSError as exc:
                error = exc
                raise LookupError(mirror) from exc

        return await last_value_from(from_async(attempt).pipe(retry_when(policy)))
    finally:
        await ask("bye")
        if error is not None:
            print(error)
