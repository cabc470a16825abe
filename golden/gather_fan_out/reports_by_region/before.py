"""Monthly reports, one query a region."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import Protocol

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
        rows = await asyncio.gather(*[self._row(region) for region in regions])
        logger.info("%d rows", len(rows))
        return rows

    async def totals(self, regions: list[str], months: int) -> int:
        # The warehouse caches by month.
        revenues = await asyncio.gather(
            *(self._warehouse.query(region, self._month) for region in regions)
        )
        return months * sum(revenues)

    async def _row(self, region: str) -> Row:
        return Row(region, await self._warehouse.query(region, self._month))
