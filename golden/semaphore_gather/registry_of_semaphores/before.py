"""Semaphores by key, in fields with a default factory, and at module level."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field

GLOBAL = asyncio.Semaphore(4)
PER_HOST: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(1))


@dataclass
class Budget:
    """What one tenant may do at a time."""

    name: str
    queries: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(2))
    exports: dict[str, asyncio.Semaphore] = field(default_factory=dict)

    def _export_slot(self, kind: str) -> asyncio.Semaphore:
        return self.exports.setdefault(kind, asyncio.Semaphore(1))

    async def export(self, kind: str, run) -> str:
        async with self._export_slot(kind):
            return await run(self.name, kind)


async def request(host, page, get):
    async with GLOBAL, PER_HOST[host]:
        return await get(host, page)


async def request_all(pages, get):
    return await asyncio.gather(
        *[request(host, page, get) for host, numbers in pages.items() for page in numbers]
    )


async def export_all(budget, kinds, run):
    async with budget.queries:
        return await asyncio.gather(*[budget.export(kind, run) for kind in kinds])
