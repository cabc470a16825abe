import tenacity
from tenacity import retry, stop_after_attempt, wait_fixed


@retry(stop=stop_after_attempt(3), wait=wait_fixed(0.2))
async def load(read, key):
    return await read(key)


@tenacity.retry(
    stop=tenacity.stop_after_delay(2) | tenacity.stop_after_attempt(4),
    wait=tenacity.wait_random(0.1, 0.3),
    retry=tenacity.retry_if_result(lambda page: page is None),
    reraise=True,
)
async def load_page(read, number):
    return await read(number)


async def load_or_default(read, key, default):
    try:
        return await load(read, key)
    except tenacity.RetryError as error:
        return default, error.last_attempt.attempt_number, error.last_attempt.exception()
