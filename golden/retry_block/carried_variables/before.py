import tenacity

TOTAL = 0


async def drain(pull, items):
    global TOTAL
    seen = []
    tries = 0
    last = None
    async for attempt in tenacity.AsyncRetrying(
        stop=tenacity.stop_after_attempt(len(items) + 1),
        wait=tenacity.wait_incrementing(0.1, 0.1),
        retry=tenacity.retry_if_exception_type((OSError, LookupError)),
    ):
        with attempt:
            tries += 1
            TOTAL += 1
            while items:
                last = items[0]
                seen.append(await pull(last))
                items.pop(0)
    return seen, tries, last, TOTAL


async def first_of(ask, mirrors):
    error = None
    try:
        async for _ in tenacity.AsyncRetrying(
            stop=tenacity.stop_after_attempt(len(mirrors)), reraise=True
        ):
            with _:
                mirror = mirrors.pop()
                try:
                    return await ask(mirror)
                except OSError as exc:
                    error = exc
                    raise LookupError(mirror) from exc
    finally:
        await ask("bye")
        if error is not None:
            print(error)
