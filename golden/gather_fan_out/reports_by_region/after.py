"""Monthly reports, one query a region."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Protocol

import reactivex as rx
from reactivex import operators as ops

from _operators import flat_map, last_value_from

logger = logging.getLogger(__name__)


class Warehouse(Protocol):
    async def query(self, region: str, month: str) -> int: ...


@dataclass(frozen=True)
class Row:
    region: str
    revenue: int


class ReportBuilder:
    def __init__(self, warehouse: Warehouse, month: str) -> None:
        self._warehouse = warehouse
        self._month = month

    async def build(self, regions: list[str]) -> list[Row]:
        """One row a region, in the order of ``regions``."""
        rows = await last_value_from(
            rx.from_iterable(regions).pipe(flat_map(self._row), ops.to_list())
        )
        logger.info("%d rows", len(rows))
        return rows

    async def totals(self, regions: list[str], months: int) -> int:
        # The warehouse caches by month.
        revenues = await last_value_from(
            rx.from_iterable(regions).pipe(
                flat_map(lambda region: self._warehouse.query(region, self._month)),
                ops.to_list(),
            )
        )
        return months * sum(revenues)

    async def _row(self, region: str) -> Row:
        return Row(region, await self._warehouse.query(region, self._month))
