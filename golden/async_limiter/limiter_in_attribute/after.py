"""A client with a limiter of its own; big requests take more room."""

import logging
from collections.abc import Awaitable, Callable

from _operators import rate_limit

logger = logging.getLogger(__name__)


class GeocodingClient:
    """Talks to a service that counts requests by the second."""

    def __init__(
        self,
        fetch: Callable[[str, int], Awaitable[dict[str, str]]],
        rate: float = 5,
        period: float = 1.0,
    ) -> None:
        self._fetch = fetch
        # The service answers 429 for a minute once it is angry.
        self._limiter = rate_limit(rate, period)  # shared by all methods

    async def geocode(self, address: str) -> dict[str, str]:
        async with self._limiter:
            return await self._fetch(address, 1)

    async def geocode_many(self, addresses: str, weight: int) -> dict[str, str]:
        if not self._limiter.has_capacity(weight):
            logger.debug("waiting for room for %d", weight)
        await self._limiter.acquire(weight)
        return await self._fetch(addresses, weight)

    @property
    def quota(self) -> str:
        return f"{self._limiter.max_rate}/{self._limiter.time_period}s"
