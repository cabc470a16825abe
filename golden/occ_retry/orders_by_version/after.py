"""Orders carry a version; whoever writes second has to look again."""

from dataclasses import dataclass, replace
from typing import Protocol

from _operators import last_value_from, occ_transition

MAX_ATTEMPTS = 4


class VersionConflictError(Exception):
    pass


@dataclass(frozen=True)
class Order:
    id: str
    version: int
    state: str = "open"


class Store(Protocol):
    async def load(self, order_id: str) -> Order: ...

    async def save(self, order: Order, *, expected: int) -> Order: ...


class Orders:
    def __init__(self, store: Store, *, retries: int = 5) -> None:
        self._store = store
        self._retries = retries

    async def close(self, order_id: str) -> Order:
        """Close an order, unless others keep changing it."""

        async def transition() -> Order:
            order = await self._store.load(order_id)
            return await self._store.save(
                replace(order, state="closed"), expected=order.version
            )

        return await last_value_from(
            occ_transition(
                transition,
                max_attempts=MAX_ATTEMPTS,
                conflict=VersionConflictError,
                base_delay=0.1,
                cap=0.5,
            )
        )

    async def touch(self, order: Order) -> Order:
        if self._retries > 0:
            return await last_value_from(
                occ_transition(
                    lambda: self._store.save(order, expected=order.version),
                    max_attempts=self._retries,
                    conflict=VersionConflictError,
                    backoff=lambda n, _: 0.05 * 2**n,
                )
            )
        return order

    async def cancel(self, order_id: str, max_retries: int = 3) -> Order:
        async def transition() -> Order:
            order = await self._store.load(order_id)
            if order.state == "cancelled":
                return order
            order = replace(order, state="cancelled")
            return await self._store.save(order, expected=order.version)

        def backoff(attempt: int, conflict: VersionConflictError) -> float:
            if attempt < max_retries - 1:
                return 0.2 * (attempt + 1)
            raise RuntimeError(f"{order_id}: gave up") from conflict

        return await last_value_from(
            occ_transition(
                transition,
                max_attempts=max_retries,
                conflict=VersionConflictError,
                backoff=backoff,
                exhausted=None,
            )
        )
