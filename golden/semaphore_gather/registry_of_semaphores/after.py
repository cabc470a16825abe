"""Semaphores by key, in fields with a default factory, and at module level."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

import reactivex as rx
from reactivex import operators as ops

from _operators import DynamicSemaphore, dynamic_semaphore, flat_map, last_value_from

GLOBAL = dynamic_semaphore(4)
PER_HOST: defaultdict[str, DynamicSemaphore] = defaultdict(lambda: dynamic_semaphore(1))


@dataclass
class Budget:
    """What one tenant may do at a time."""

    name: str
    queries: DynamicSemaphore = field(default_factory=lambda: dynamic_semaphore(2))
    exports: dict[str, DynamicSemaphore] = field(default_factory=dict)

    def _export_slot(self, kind: str) -> DynamicSemaphore:
        return self.exports.setdefault(kind, dynamic_semaphore(1))

    async def export(self, kind: str, run) -> str:
        async with self._export_slot(kind):
            return await run(self.name, kind)


async def request(host, page, get):
    async with GLOBAL, PER_HOST[host]:
        return await get(host, page)


async def request_all(pages, get):
    return await last_value_from(
        rx.from_iterable(
            (host, page) for host, numbers in pages.items() for page in numbers
        ).pipe(flat_map(lambda pair: request(*pair, get)), ops.to_list())
    )


async def export_all(budget, kinds, run):
    async with budget.queries:
        return await last_value_from(
            rx.from_iterable(kinds).pipe(
                flat_map(lambda kind: budget.export(kind, run)), ops.to_list()
            )
        )
