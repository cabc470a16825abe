"""What follows the virtual world while a run is active, and what is refused.

``standing_in(loop)`` puts functions in the place of the clock, ``sleep``, thread, socket and
process functions, and takes them out again whatever happens. They act only on the thread that
runs the simulation; other threads get the real thing.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import datetime as datetime_module
import os
import random
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, tzinfo
from types import FrameType
from typing import Any, Final

import reactivex.internal.basic
import reactivex.scheduler.scheduler
from reactivex.scheduler import ThreadPoolScheduler

from codemods.verify.loop import NANOSECONDS, VirtualLoop

WALL_EPOCH_NS: Final = 1_767_225_600 * NANOSECONDS
"""Wall clock at the start of every run: 2026-01-01 00:00 UTC."""
MONOTONIC_EPOCH_NS: Final = 1_000 * NANOSECONDS
PATIENCE_SECONDS: Final = 10.0
"""Real seconds without a loop iteration after which code is held to block the thread."""

_Patch = tuple[object, str, Any]


@contextlib.contextmanager
def standing_in(loop: VirtualLoop, seed: int = 0) -> Iterator[None]:
    """Let clocks, sleeps and random numbers follow ``loop`` and ``seed``; restore them after."""
    patches = [*_clocks(loop, seed), *_threads(loop), *_refusals(loop)]
    originals = [(owner, name, getattr(owner, name)) for owner, name, _ in patches]
    random_state = random.getstate()
    random.seed(seed)
    try:
        for owner, name, replacement in patches:
            setattr(owner, name, replacement)
        with _watchdog(loop):
            yield
    finally:
        for owner, name, original in originals:
            setattr(owner, name, original)
        random.setstate(random_state)


def _here(loop: VirtualLoop, virtual: Callable[..., Any], real: Callable[..., Any]) -> Any:
    """``virtual`` on the simulation's thread, ``real`` on every other one."""
    thread_id, get_ident = loop.thread_id, threading.get_ident

    def dispatch(*args: Any, **kwargs: Any) -> Any:
        # A module may have kept this function beyond the run it was made for.
        virtually = get_ident() == thread_id and not loop.is_closed()
        return (virtual if virtually else real)(*args, **kwargs)

    return dispatch


def _clocks(loop: VirtualLoop, seed: int) -> Iterator[_Patch]:
    def monotonic_ns() -> int:
        return MONOTONIC_EPOCH_NS + loop.now_ns()

    def wall_ns() -> int:
        return WALL_EPOCH_NS + loop.now_ns()

    def sleep(seconds: float) -> None:
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        loop.block_ns(round(seconds * NANOSECONDS))

    def now() -> datetime:
        return datetime.fromtimestamp(wall_ns() / NANOSECONDS, UTC)

    for name in ("monotonic", "perf_counter"):
        real = getattr(time, name)
        yield time, name, _here(loop, lambda: monotonic_ns() / NANOSECONDS, real)
        yield time, f"{name}_ns", _here(loop, monotonic_ns, getattr(time, f"{name}_ns"))
    yield time, "time", _here(loop, lambda: wall_ns() / NANOSECONDS, time.time)
    yield time, "time_ns", _here(loop, wall_ns, time.time_ns)
    yield time, "sleep", _here(loop, sleep, time.sleep)
    # For modules that are imported in the run, as the subjects are.
    yield datetime_module, "datetime", _datetime_at(now)
    # Schedulers of reactivex read the wall clock through this name.
    for module in (reactivex.scheduler.scheduler, reactivex.internal.basic):
        yield module, "default_now", _here(loop, now, module.default_now)
    entropy = random.Random(f"entropy {seed}")
    yield os, "urandom", _here(loop, entropy.randbytes, os.urandom)


def _datetime_at(now: Callable[[], datetime]) -> type[datetime]:
    """A ``datetime`` that reads its clock from ``now``. What it returns are stock datetimes."""

    class AnyDatetime(type):
        def __instancecheck__(cls, instance: object) -> bool:
            return isinstance(instance, datetime)

    class VirtualDatetime(datetime, metaclass=AnyDatetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Any:
            return now().astimezone(tz) if tz else now().replace(tzinfo=None)

        @classmethod
        def utcnow(cls) -> Any:
            return cls.now()

        @classmethod
        def today(cls) -> Any:
            return cls.now()

    VirtualDatetime.__module__, VirtualDatetime.__qualname__ = "datetime", "datetime"
    return VirtualDatetime


def _threads(loop: VirtualLoop) -> Iterator[_Patch]:
    executor, workshop = concurrent.futures.ThreadPoolExecutor, loop.workshop
    stop = executor.shutdown

    def shutdown(self: Any, wait: bool = True, *, cancel_futures: bool = False) -> None:
        stop(self, wait=False)
        workshop.shut_down(self, wait=wait, cancel=cancel_futures)

    yield executor, "submit", _here(loop, workshop.submit, executor.submit)
    yield executor, "shutdown", _here(loop, shutdown, stop)
    wait = threading.Condition.wait
    waiting = _here(loop, lambda self, timeout=None: _wait(loop, self, timeout), wait)
    yield threading.Condition, "wait", waiting


def _wait(loop: VirtualLoop, condition: Any, timeout: float | None) -> bool:
    """``Condition.wait`` where no other thread can notify: only jobs that end can.

    With a timeout the loop stands still that long. Without one, and with no job under way,
    the thread would stand still for ever.
    """
    if loop.workshop.in_worker:
        if timeout is None:
            loop.refuse("a worker thread that waits for something outside it")
        loop.block_ns(round(timeout * NANOSECONDS))
        return False
    deadline = None if timeout is None else loop.now_ns() + round(timeout * NANOSECONDS)
    waiter = threading.Lock()
    waiter.acquire()
    condition._waiters.append(waiter)
    saved = condition._release_save()
    try:
        while not waiter.acquire(blocking=False):
            if not loop.workshop.finish_next(deadline):
                return _give_up(loop, deadline)
        return True
    finally:
        condition._acquire_restore(saved)
        with contextlib.suppress(ValueError):
            condition._waiters.remove(waiter)


def _give_up(loop: VirtualLoop, deadline: int | None) -> bool:
    if deadline is None:
        loop.blocked("the loop's own thread waits on a lock that nobody can release")
    loop.block_ns(deadline - loop.now_ns())
    return False


def _refusals(loop: VirtualLoop) -> Iterator[_Patch]:
    def refused(what: str, real: Callable[..., Any]) -> Any:
        return _here(loop, lambda *args, **kwargs: loop.refuse(what), real)

    thread = "a thread of its own; worker threads come from asyncio.to_thread or an executor"
    yield threading.Thread, "start", refused(thread, threading.Thread.start)
    worker = ThreadPoolScheduler.ThreadPoolThread
    yield worker, "start", refused("a thread scheduler of reactivex", worker.start)
    processes = concurrent.futures.ProcessPoolExecutor
    yield processes, "submit", refused("a process pool", processes.submit)
    yield socket.socket, "__init__", refused("a socket", socket.socket.__init__)
    yield socket, "getaddrinfo", refused("a name lookup", socket.getaddrinfo)
    yield subprocess.Popen, "__init__", refused("a subprocess", subprocess.Popen.__init__)
    for name in ("fork", "system", "posix_spawn"):
        if hasattr(os, name):
            yield os, name, refused("a subprocess", getattr(os, name))


@contextlib.contextmanager
def _watchdog(loop: VirtualLoop) -> Iterator[None]:
    """Code that blocks the thread where no patch sees it is interrupted and reported.

    Signals reach the main thread only; elsewhere there is no watchdog.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    seen = -1

    def bark(signum: int, frame: FrameType | None) -> None:
        nonlocal seen
        if loop.iterations != seen:
            seen = loop.iterations
            return
        where = f" at {frame.f_code.co_filename}:{frame.f_lineno}" if frame else ""
        loop.blocked(f"the thread was blocked for {PATIENCE_SECONDS:g} real seconds{where}")

    previous = signal.signal(signal.SIGALRM, bark)
    timer = signal.setitimer(signal.ITIMER_REAL, PATIENCE_SECONDS, PATIENCE_SECONDS)
    try:
        yield
    finally:
        # Somebody else's alarm (a test runner's timeout) comes as much later as the run took.
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
        signal.setitimer(signal.ITIMER_REAL, *timer)
