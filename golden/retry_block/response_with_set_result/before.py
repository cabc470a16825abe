import logging

from tenacity import (
    AsyncRetrying,
    RetryError,
    before_sleep_log,
    retry_if_exception_type,
    retry_if_result,
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
        async for attempt in AsyncRetrying(
            stop=stop_after_attempt(attempts),
            wait=wait_exponential_jitter(max=3.0, jitter=0.5),
            retry=(retry_if_exception_type(OSError) | retry_if_result(_is_server_error)),
            before_sleep=before_sleep_log(logger, logging.INFO),
            reraise=True,
        ):
            with attempt:
                response = await post(document)
                if 400 <= response < 500:
                    raise Rejected(f"{document}: {response}")
            outcome = attempt.retry_state.outcome
            if outcome is not None and not outcome.failed:
                attempt.retry_state.set_result(response)
    except RetryError as exc:
        raise Rejected(f"{document}: {exc.last_attempt.result()} to the end") from None
    return response


async def page(get, number):
    async for attempt in AsyncRetrying(
        stop=stop_after_attempt(3), retry=retry_if_result(lambda text: not text)
    ):
        with attempt:
            text = await get(number)
        if not attempt.retry_state.outcome.failed:
            attempt.retry_state.set_result(text)
    return text
