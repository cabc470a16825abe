"""A bound on the time that work may take: of the processor, and, far above it, in all.

On a busy machine good work may take long without doing much: so what counts is the processor's
time. Work that waits for something uses none, and is ended by the other bound.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

# Kept by the system, which ends the process even if it never comes back to the interpreter.
_HAS_TIMERS = hasattr(signal, "setitimer")


@dataclass(frozen=True, slots=True)
class Limit:
    """Seconds."""

    processor: float
    wall: float


class TooLongError(BaseException):
    """No ``Exception``: nobody but us may catch it."""


def prepare() -> None:
    """Make this process, a worker, one that is ended by its alarms."""
    if _HAS_TIMERS:
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)


@contextmanager
def deadly(limit: Limit) -> Iterator[None]:
    """End this process if what is done takes longer; see ``was_late``."""
    if not _HAS_TIMERS:
        with open(os.devnull, "wb") as nowhere:
            # A timer in C: it also ends what never comes back to the interpreter.
            faulthandler.dump_traceback_later(limit.wall, exit=True, file=nowhere)
            try:
                yield
            finally:
                faulthandler.cancel_dump_traceback_later()
        return
    try:
        _set(limit.processor, limit.wall)
        yield
    finally:
        _set(0, 0)


def was_late(status: int | None, passed: float, limit: Limit) -> bool:
    """Whether a process that is gone was ended by its alarm.

    Args:
        status: how it ended, as ``multiprocessing`` tells it; None: nobody knows.
        passed: seconds since it began.
    """
    if not _HAS_TIMERS:
        return passed >= limit.wall
    return status in {-signal.SIGPROF, -signal.SIGALRM}


@contextmanager
def raising(limit: Limit) -> Iterator[None]:
    """Raise ``TooLongError`` if what is done takes longer: in the main thread, where the platform
    has timers."""
    if not _HAS_TIMERS or threading.current_thread() is not threading.main_thread():
        yield
        return
    signals = (signal.SIGPROF, signal.SIGALRM)
    previous = [signal.signal(number, _ring) for number in signals]
    try:
        try:
            _set(limit.processor, limit.wall)
            yield
        finally:
            _set(0, 0)
    finally:
        for number, handler in zip(signals, previous, strict=True):
            signal.signal(number, handler)


def _set(processor: float, wall: float) -> None:
    signal.setitimer(signal.ITIMER_PROF, processor)
    signal.setitimer(signal.ITIMER_REAL, wall)


def _ring(number: int, frame: FrameType | None) -> None:
    raise TooLongError
