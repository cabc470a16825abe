"""A wait that the other side asks for, or none, is not followed by what follows one's own."""

from _operators import PENDING, last_value_from, upload_with_retry


class RateLimitError(Exception):
    def __init__(self, retry_after: float | None) -> None:
        super().__init__(retry_after)
        self.retry_after = retry_after


async def as_it_asks(send, note):
    delay = 0.1

    def backoff(_, error):
        nonlocal delay
        if error.retry_after is not None:
            return error.retry_after
        pause = delay
        delay *= 2
        return pause

    return await last_value_from(
        upload_with_retry(
            note,
            lambda note: send(note),
            max_attempts=6,
            retry_on=RateLimitError,
            backoff=backoff,
            exhausted=None,
        )
    )


async def counted(send, note):
    doublings = 0

    async def request(note):
        return await send(note), doublings

    def backoff(_, error):
        nonlocal doublings
        if error.retry_after is not None:
            return error.retry_after
        doublings += 1
        return 0.2

    return await last_value_from(
        upload_with_retry(
            note, request, max_attempts=None, retry_on=RateLimitError, backoff=backoff
        )
    )


async def impatient(send, note):
    delay = 0.1

    def backoff(_, error):
        nonlocal delay
        if error.retry_after is None:
            pause = delay
            delay *= 2
            return pause
        delay *= 2
        return PENDING

    result = await last_value_from(
        upload_with_retry(
            note,
            lambda note: send(note),
            max_attempts=6,
            retry_on=RateLimitError,
            backoff=backoff,
            exhausted=PENDING,
        )
    )
    if result is not PENDING:
        return result
    raise RuntimeError(f"{note}: not in {delay} s")


async def not_after_the_last(send, note):
    delay = 0.1

    def backoff(attempt, _):
        nonlocal delay
        if attempt < 2:
            pause = delay
            delay *= 2
            return pause
        delay *= 2
        return PENDING

    result = await last_value_from(
        upload_with_retry(
            note,
            lambda note: send(note),
            max_attempts=3,
            retry_on=RateLimitError,
            backoff=backoff,
            exhausted=PENDING,
        )
    )
    if result is not PENDING:
        return result
    return delay


async def of_three_kinds(send, note):
    delay = 0.1

    def backoff(_, error):
        nonlocal delay
        if error.retry_after is None:
            pause = delay
            delay = min(delay * 2, 1)
            return pause
        elif error.retry_after > 0.5:
            return error.retry_after
        else:
            pause = 0
            delay = min(delay * 2, 1)
            return pause

    return await last_value_from(
        upload_with_retry(
            note,
            lambda note: send(note),
            max_attempts=None,
            retry_on=RateLimitError,
            backoff=backoff,
        )
    )
