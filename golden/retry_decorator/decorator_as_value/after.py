import logging

from _operators import (
    RetryPolicy,
    any_of,
    before_sleep_log,
    retry_if_exception_type,
    retry_when,
    stop_after_attempt,
    wait_exponential,
)

logger = logging.getLogger("llm")

READ_RETRY = retry_when(
    RetryPolicy(
        stop=stop_after_attempt(3),
        wait=wait_exponential(multiplier=1, minimum=0.2, maximum=1),
        retry=retry_if_exception_type((ConnectionError, TimeoutError)),
        reraise=True,
    )
)


def _create_retry_decorator(llm):
    # Wait 2^x * 1 second between each retry, within the bounds.
    return retry_when(
        RetryPolicy(
            reraise=True,
            stop=stop_after_attempt(llm.max_retries),
            wait=wait_exponential(
                multiplier=1, minimum=llm.min_seconds, maximum=llm.max_seconds
            ),
            retry=any_of(
                retry_if_exception_type(ConnectionError),
                retry_if_exception_type(TimeoutError),
            ),
            before_sleep=before_sleep_log(logger, logging.WARNING),
        )
    )


class Llm:
    max_retries = 4
    min_seconds = 0.5
    max_seconds = 3

    def __init__(self, client):
        self.client = client

    @READ_RETRY
    async def models(self):
        return await self.client("models")

    async def complete(self, **kwargs):
        retry_decorator = _create_retry_decorator(self)

        @retry_decorator
        async def _complete_with_retry(**kwargs):
            return await self.client("complete", **kwargs)

        return await _complete_with_retry(**kwargs)

    async def embed(self, text):
        return await retry_when(
            RetryPolicy(stop=stop_after_attempt(2), reraise=True)
        )(self._embed)(text)

    async def _embed(self, text):
        return await self.client("embed", text)
