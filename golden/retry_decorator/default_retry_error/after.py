from _operators import (
    RetryError,
    RetryPolicy,
    any_of,
    retry_if_result,
    retry_when,
    stop_after_attempt,
    stop_after_delay,
    wait_fixed,
    wait_random,
)


@retry_when(RetryPolicy(stop=stop_after_attempt(3), wait=wait_fixed(0.2)))
async def load(read, key):
    return await read(key)


@retry_when(
    RetryPolicy(
        stop=any_of(stop_after_delay(2), stop_after_attempt(4)),
        wait=wait_random(0.1, 0.3),
        retry=retry_if_result(lambda page: page is None),
        reraise=True,
    )
)
async def load_page(read, number):
    return await read(number)


async def load_or_default(read, key, default):
    try:
        return await load(read, key)
    except RetryError as error:
        return default, error.last_attempt.attempt_number, error.last_attempt.exception()
