"""How a run can end that does not end by itself, and who waited for what then."""

from __future__ import annotations

import asyncio
import os
import traceback
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Waiter:
    """One task that waits: for the hang report."""

    task: str
    frames: tuple[str, ...]
    """``file:line function``, outermost first; the last one is where it stands."""
    awaits: str

    def __str__(self) -> str:
        return f"{self.task} waits for {self.awaits}\n    at " + "\n    at ".join(
            reversed(self.frames)
        )


@dataclass(frozen=True, slots=True)
class Deadlock:
    """Nothing was ready, no timer was armed, and somebody still waited."""

    waiters: tuple[Waiter, ...]
    why: str = "nothing is ready and no timer is armed"

    def __str__(self) -> str:
        return "\n".join([f"deadlock: {self.why}", *(str(w) for w in self.waiters)])


@dataclass(frozen=True, slots=True)
class RanAway:
    """The run passed one of its ``Limits``."""

    why: str
    waiters: tuple[Waiter, ...]

    def __str__(self) -> str:
        return "\n".join([f"ran away: {self.why}", *(str(w) for w in self.waiters)])


@dataclass(frozen=True, slots=True)
class Unsupported:
    """The code asked for what a simulation cannot give (a thread, a socket, ...)."""

    what: str

    def __str__(self) -> str:
        return f"refused: {self.what}"


Verdict = Deadlock | RanAway | Unsupported


class Halt(BaseException):
    """Leaves the running loop with a verdict. Not an ``Exception``: nobody may handle it."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(str(verdict))
        self.verdict = verdict


class RefusedError(RuntimeError):
    """Raised in the code that asked for what a simulation cannot give."""


def waiter_of(task: asyncio.Task[Any]) -> Waiter:
    frames: list[str] = []
    awaited: Any = task.get_coro()
    while True:
        frame = getattr(awaited, "cr_frame", None) or getattr(awaited, "gi_frame", None)
        if frame is None:
            break
        code = frame.f_code
        frames.append(f"{code.co_filename}:{frame.f_lineno} {code.co_name}")
        awaited = getattr(awaited, "cr_await", None) or getattr(awaited, "gi_yieldfrom", None)
    future = getattr(task, "_fut_waiter", None)
    return Waiter(task.get_name(), tuple(frames), repr(future or awaited or "its first step"))


def stack_here() -> tuple[str, ...]:
    """Where the running code stands, in the manner of ``Waiter.frames``; the loop left out."""
    frames = traceback.extract_stack(limit=60)
    ours, asyncio_itself = os.path.dirname(__file__), os.path.dirname(asyncio.__file__)
    return tuple(
        f"{frame.filename}:{frame.lineno} {frame.name}"
        for frame in frames[-12:]
        if os.path.dirname(frame.filename) not in (ours, asyncio_itself)
    )
