"""One limiter could be swapped, but its annotation also speaks of one that cannot."""

from collections.abc import Awaitable, Callable

from aiolimiter import AsyncLimiter
from vendor.billing import BillingClient

Send = Callable[[str], Awaitable[None]]


class Mailer:
    def __init__(self, send: Send) -> None:
        self._send = send
        self._limiter: AsyncLimiter = AsyncLimiter(20, 60)
        self._billing = BillingClient(AsyncLimiter(1, 60))

    async def deliver(self, address: str, limiter: AsyncLimiter | None = None) -> None:
        async with limiter or self._limiter:
            await self._send(address)
        await self._billing.charge(address)
