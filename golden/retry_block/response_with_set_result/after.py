import logging

from _operators import (
    RetryError,
    RetryPolicy,
    any_of,
    before_sleep_log,
    from_async,
    last_value_from,
    retry_if_exception_type,
    retry_if_result,
    retry_when,
    stop_after_attempt,
    wait_exponential_jitter,
)

logger = logging.getLogger("store")


class Rejected(Exception):
    pass


def _is_server_error(response):
    return response >= 500


async def upload(post, document, attempts):
    try:
        policy = RetryPolicy(
            stop=stop_after_attempt(attempts),
            wait=wait_exponential_jitter(maximum=3.0, jitter=0.5),
            retry=any_of(
                retry_if_exception_type(OSError), retry_if_result(_is_server_error)
            ),
            before_sleep=before_sleep_log(logger, logging.INFO),
            reraise=True,
        )

        async def attempt():
            response = await post(document)
            if 400 <= response < 500:
                raise Rejected(f"{document}: {response}")
            return response

        response = await last_value_from(from_async(attempt).pipe(retry_when(policy)))
    except RetryError as exc:
        raise Rejected(f"{document}: {exc.last_attempt.result()} to the end") from None
    return response


async def page(get, number):
    policy = RetryPolicy(
        stop=stop_after_attempt(3), retry=retry_if_result(lambda text: not text)
    )

    async def attempt():
        return await get(number)

    text = await last_value_from(from_async(attempt).pipe(retry_when(policy)))
    return text
