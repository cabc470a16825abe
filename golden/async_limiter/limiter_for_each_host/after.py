"""One limiter for each host, made when the host is first met."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from _operators import RateLimit, rate_limit

Fetch = Callable[[str, str], Awaitable[str]]


@dataclass
class CrawlLimits:
    """How hard we may knock."""

    total: RateLimit = field(default_factory=lambda: rate_limit(4, 1))
    hosts: dict[str, RateLimit] = field(default_factory=dict)
    retries: "Mapping[str, RateLimit]" = field(
        default_factory=lambda: defaultdict(lambda: rate_limit(max_rate=1, time_period=0.7))
    )


class Crawler:
    def __init__(self, fetch: Fetch, rates: Mapping[str, int]) -> None:
        self._fetch = fetch
        self._rates = rates
        self._limits = CrawlLimits()

    def _limiter_of(self, host: str) -> RateLimit:
        if host not in self._limits.hosts:
            self._limits.hosts[host] = rate_limit(self._rates.get(host, 1), 0.5)
        return self._limits.hosts[host]

    async def crawl(self, host: str, page: str) -> str:
        try:
            async with self._limits.total, self._limiter_of(host):
                return await self._fetch(host, page)
        except ConnectionError:
            async with self._limits.retries[host]:
                return await self._fetch(host, page)

    async def close(self, grace: asyncio.Future[None] | None = None) -> None:
        self._limits.hosts.clear()
        if grace is not None:
            await grace


async def drain(limiter: RateLimit | None, amount: float = 1) -> None:
    """Use up room, so that others have to wait."""
    if limiter is not None:
        await limiter.acquire(amount)
