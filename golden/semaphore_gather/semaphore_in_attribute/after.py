"""A client whose semaphore lives as long as it does: many fan-outs, one limit."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

import reactivex as rx
from reactivex import operators as ops

from _operators import (
    DynamicSemaphore,
    dynamic_semaphore,
    flat_map,
    from_async,
    last_value_from,
    timeout,
)


class GeocodingClient:
    """Geocodes addresses; never more than ``limit`` requests in flight."""

    _slots: DynamicSemaphore

    def __init__(
        self,
        request: Callable[[str], Awaitable[str]],
        limit: int = 2,
        *,
        slots: DynamicSemaphore | None = None,
    ) -> None:
        self._request = request
        # Shared between clients on demand.
        self._slots = slots if slots is not None else dynamic_semaphore(limit)

    @property
    def busy(self) -> bool:
        return self._slots.locked()

    async def geocode(self, address: str) -> str:
        async with self._slots:
            return await self._request(address)

    async def geocode_all(self, addresses: Iterable[str]) -> list[str]:
        return await last_value_from(
            rx.from_iterable(addresses).pipe(flat_map(self.geocode), ops.to_list())
        )

    async def try_geocode(self, address: str, patience: float) -> str | None:
        """Geocode if a slot comes free soon enough."""
        try:
            await last_value_from(
                from_async(self._slots.acquire).pipe(timeout(patience))
            )
        except TimeoutError:
            return None
        try:
            return await self._request(address)
        finally:
            self._slots.release()
