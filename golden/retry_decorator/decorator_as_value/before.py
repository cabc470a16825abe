import logging

from tenacity import before_sleep_log, retry, retry_if_exception_type, stop_after_attempt, wait_exponential

logger = logging.getLogger("llm")

READ_RETRY = retry(
    stop=stop_after_attempt(3),
    wait=wait_exponential(multiplier=1, min=0.2, max=1),
    retry=retry_if_exception_type((ConnectionError, TimeoutError)),
    reraise=True,
)


def _create_retry_decorator(llm):
    # Wait 2^x * 1 second between each retry, within the bounds.
    return retry(
        reraise=True,
        stop=stop_after_attempt(llm.max_retries),
        wait=wait_exponential(multiplier=1, min=llm.min_seconds, max=llm.max_seconds),
        retry=(retry_if_exception_type(ConnectionError) | retry_if_exception_type(TimeoutError)),
        before_sleep=before_sleep_log(logger, logging.WARNING),
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
        return await retry(stop=stop_after_attempt(2), reraise=True)(self._embed)(text)

    async def _embed(self, text):
        return await self.client("embed", text)
