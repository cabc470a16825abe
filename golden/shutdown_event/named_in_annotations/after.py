from __future__ import annotations

from dataclasses import dataclass, field

from _operators import EventSubject


@dataclass
class Job:
    name: str
    done: EventSubject = field(default_factory=lambda: EventSubject())


class Board:
    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}
        self._idle: EventSubject = EventSubject()
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


async def _first(one: EventSubject | None, other: "EventSubject | None") -> None:
    if one is not None:
        await one.wait()
    if other is not None:
        await other.wait()
