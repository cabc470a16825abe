from __future__ import annotations

import asyncio
from dataclasses import dataclass, field


@dataclass
class Job:
    name: str
    done: asyncio.Event = field(default_factory=lambda: asyncio.Event())


class Board:
    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}
        self._idle: asyncio.Event = asyncio.Event()
        self._idle.set()

    def add(self, name: str) -> None:
        self._jobs[name] = Job(name)
        self._idle.clear()

    def finish(self, name: str) -> None:
        self._jobs.pop(name).done.set()
        if not self._jobs:
            self._idle.set()

    async def wait_for(self, name: str) -> str:
        job = self._jobs[name]
        await _first(job.done, None)
        return job.name

    async def wait_idle(self) -> None:
        await _first(None, self._idle)


async def _first(one: asyncio.Event | None, other: "asyncio.Event | None") -> None:
    if one is not None:
        await one.wait()
    if other is not None:
        await other.wait()
