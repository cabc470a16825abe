"""Reads prices; the supplier's gateway is shaky."""

import logging
from functools import partial

import reactivex as rx

from _operators import (
    RetryPolicy,
    before_sleep_log,
    in_thread,
    last_value_from,
    retry_if_exception_type,
    retry_when,
    stop_after_attempt,
    wait_exponential,
    wait_exponential_jitter,
)

logger = logging.getLogger("prices")


class GatewayError(Exception):
    pass


class PriceClient:
    def __init__(self, fetch, quote):
        self._fetch = fetch
        self._quote = quote
        self.requests = 0

    @retry_when(
        RetryPolicy(
            stop=stop_after_attempt(4),
            wait=wait_exponential_jitter(maximum=2.0, jitter=0.5),
            before_sleep=before_sleep_log(logger, logging.WARNING),
            reraise=True,
        )
    )
    def fetch(self, sku: str, *, currency: str = "EUR") -> str:
        """One price. Blocks."""
        self.requests += 1
        return self._fetch(sku, currency)

    @retry_when(
        RetryPolicy(
            retry=retry_if_exception_type((GatewayError, ConnectionError)),
            stop=stop_after_attempt(3),
            wait=wait_exponential(multiplier=0.25, maximum=5, minimum=0.5),
            reraise=True,
        )
    )
    async def quote(self, sku: str, pieces: int) -> str:
        # The gateway wants the price first.
        price = await last_value_from(
            rx.from_callable(partial(self.fetch, sku, currency="USD")).pipe(in_thread())
        )
        return await self._quote(sku, pieces, price)
