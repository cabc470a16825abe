"""A page made of parts that are loaded side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from _operators import fork_join, last_value_from


class Backend(Protocol):
    async def user(self, name: str) -> dict[str, Any]: ...
    async def orders(self, name: str, *, limit: int) -> list[int]: ...
    async def price(self, order: int, currency: str = "EUR") -> int: ...


@dataclass(frozen=True)
class Page:
    user: dict[str, Any]
    orders: list[int]
    first: int
    last: int


async def user_page(backend: Backend, name: str, limit: int = 5) -> Page:
    """Everything that the page shows."""
    # The two do not depend on each other.
    user, orders = await last_value_from(
        fork_join(backend.user(name), backend.orders(name, limit=limit))
    )
    first, last = await last_value_from(
        fork_join(backend.price(orders[0]), backend.price(orders[-1], "USD"))
    )
    return Page(user, orders, first, last)


async def warm_up(backend: Backend) -> None:
    await last_value_from(
        fork_join(
            backend.user("root"), backend.orders("root", limit=1), backend.price(1)
        )
    )
