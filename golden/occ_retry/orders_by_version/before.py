"""Orders carry a version; whoever writes second has to look again."""

import asyncio
import random
from dataclasses import dataclass, replace
from typing import Protocol

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
        for attempt in range(MAX_ATTEMPTS):
            try:
                order = await self._store.load(order_id)
                return await self._store.save(
                    replace(order, state="closed"), expected=order.version
                )
            except VersionConflictError:
                if attempt == MAX_ATTEMPTS - 1:
                    raise
                await asyncio.sleep(min(0.1 * 2**attempt + random.uniform(0, 0.1), 0.5))
        raise AssertionError("unreachable")

    async def touch(self, order: Order) -> Order:
        for attempt in range(1, self._retries + 1):
            try:
                return await self._store.save(order, expected=order.version)
            except VersionConflictError:
                if attempt == self._retries:
                    raise
                await asyncio.sleep(0.05 * 2 ** (attempt - 1))
        return order

    async def cancel(self, order_id: str, max_retries: int = 3) -> Order:
        for attempt in range(max_retries):
            try:
                order = await self._store.load(order_id)
                if order.state == "cancelled":
                    return order
                order = replace(order, state="cancelled")
                return await self._store.save(order, expected=order.version)
            except VersionConflictError as conflict:
                if attempt < max_retries - 1:
                    await asyncio.sleep(0.2 * (attempt + 1))
                    continue
                raise RuntimeError(f"{order_id}: gave up") from conflict
