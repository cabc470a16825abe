"""An asyncio event loop in virtual time, in which a hang is a result.

Guarantees:

- Time is an integer count of nanoseconds. It moves only when nothing is ready to run, and then
  straight to the next timer; or when code blocks the loop (``time.sleep``), by what that costs.
- A timer never fires at the instant that armed it: at the earliest one nanosecond later. Code
  that re-arms a timer until a float has caught up with the clock therefore ends, as it does in
  real time.
- Nothing ready and no timer ends the run with ``Deadlock``; too many iterations or too much
  virtual time with ``RanAway``; something that has no meaning in a simulation with
  ``Unsupported``. None of them hangs.
- No thread, socket or process is made. Worker threads are modelled by ``threads.Workshop``.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import sys
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
from dataclasses import dataclass
from typing import Any, Final, NoReturn, TypeVar, TypeVarTuple, Unpack

from codemods.verify.threads import Workshop
from codemods.verify.verdict import (
    Deadlock,
    Halt,
    RanAway,
    RefusedError,
    Unsupported,
    Verdict,
    Waiter,
    stack_here,
    waiter_of,
)

_T = TypeVar("_T")
_Ts = TypeVarTuple("_Ts")

NANOSECONDS: Final = 1_000_000_000
EPOCH_NS: Final = 1_000 * NANOSECONDS
"""What the clock shows at the start. Not 0: a first reading that is falsy hides defects."""
_NEVER: Final = sys.maxsize


@dataclass(frozen=True, slots=True)
class Limits:
    """Where a run is given up as a livelock."""

    iterations: int = 100_000
    seconds: float = 1_000_000.0
    """Virtual seconds."""


class _Selector:
    """Stands where the selector stands: ``select`` is called once an iteration."""

    def __init__(self, advance: Callable[[float | None], None]) -> None:
        self._advance = advance

    def select(self, timeout: float | None) -> list[object]:
        self._advance(timeout)
        return []

    def close(self) -> None:
        pass


class VirtualLoop(asyncio.BaseEventLoop):
    """See the module's docstring. ``workers``: threads of the default executor."""

    # Names that the stock loop has and its type stubs leave out.
    _ready: Any
    _scheduled: list[asyncio.TimerHandle]
    _default_executor: ThreadPoolExecutor | None

    def __init__(self, limits: Limits | None = None, workers: int = 6) -> None:
        super().__init__()
        self._limits = limits or Limits()
        self._now_ns = EPOCH_NS
        self._last_ns = EPOCH_NS + round(self._limits.seconds * NANOSECONDS)
        self.iterations = 0
        self._step_ns = 1
        self._set_now(EPOCH_NS)
        self._selector = _Selector(self._advance)
        self._quiet: tuple[int, asyncio.Future[None]] | None = None
        self._signals: dict[int, tuple[Callable[..., object], tuple[Any, ...]]] = {}
        self._abandoned = False
        self._main: asyncio.Task[Any] | None = None
        self.verdict: Verdict | None = None
        """Set once the run is lost, whatever the code goes on to do."""
        self.thread_id = threading.get_ident()
        self.workshop = Workshop(self)
        self.set_default_executor(ThreadPoolExecutor(max_workers=workers))

    # Time.

    def time(self) -> float:
        return self._now_ns / NANOSECONDS

    def now_ns(self) -> int:
        """Nanoseconds since the loop was made, for whoever runs: the loop or a worker thread."""
        return self.workshop.clock_ns(self._now_ns) - EPOCH_NS

    def block_ns(self, cost: int) -> None:
        """Whoever runs is busy for ``cost`` ns: the loop stands still, or a worker works."""
        if not self.workshop.charge(cost):
            self._set_now(self._now_ns + max(cost, 0))

    def _set_now(self, now_ns: int) -> None:
        """Timers of this nanosecond are due then, those of the next one are not.

        After some months a float of seconds is coarser than that: so is the clock then.
        """
        self._now_ns = now_ns
        grain = 4 * math.ulp(now_ns / NANOSECONDS)
        self._clock_resolution = max(0.5 / NANOSECONDS, grain)
        self._step_ns = max(1, math.ceil(2 * grain * NANOSECONDS))

    def call_at(
        self,
        when: float,
        callback: Callable[[Unpack[_Ts]], object],
        *args: *_Ts,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        self._refuse_worker("call_at")
        if math.isfinite(when):
            when = max(round(when * NANOSECONDS), self._now_ns + self._step_ns) / NANOSECONDS
        return super().call_at(when, callback, *args, context=context)

    def at_ns(self, when: int, callback: Callable[..., object], *args: object) -> None:
        """For the simulation itself: call at ``when``, which may be this very instant."""
        super().call_at((when + EPOCH_NS) / NANOSECONDS, callback, *args)

    def call_soon(
        self,
        callback: Callable[[Unpack[_Ts]], object],
        *args: *_Ts,
        context: Context | None = None,
    ) -> asyncio.Handle:
        self._refuse_worker("call_soon")
        return super().call_soon(callback, *args, context=context)

    def call_soon_threadsafe(
        self,
        callback: Callable[[Unpack[_Ts]], object],
        *args: *_Ts,
        context: Context | None = None,
    ) -> asyncio.Handle:
        """From a simulated worker: runs when that worker has come this far.

        From a real thread it is refused: when it comes depends on the machine.
        """
        if threading.get_ident() != self.thread_id:
            self.refuse("call_soon_threadsafe from a real thread, which follows no virtual clock")
        if not self.workshop.in_worker:
            return super().call_soon(callback, *args, context=context)
        when = (self.now_ns() + EPOCH_NS) / NANOSECONDS
        return super().call_at(when, callback, *args, context=context)

    # The heart: called once an iteration, before ready callbacks run.

    def _advance(self, timeout: float | None) -> None:
        if self.verdict is not None and not self._abandoned:
            raise Halt(self.verdict)
        self.iterations += 1
        if self.iterations > self._limits.iterations:
            self._halt(RanAway(f"{self._limits.iterations} loop iterations", self.waiters()))
        if timeout == 0:
            return
        upcoming = self._next_due()
        if self._quiet is not None and upcoming > self._quiet[0]:
            self._fall_quiet()
        elif upcoming == _NEVER:
            self._halt(Deadlock(self.waiters()))
        elif upcoming > self._last_ns:
            self._halt(RanAway(f"{self._limits.seconds:g} virtual seconds", self.waiters()))
        else:
            self._set_now(max(self._now_ns, upcoming))

    def next_timer_ns(self) -> int:
        """When the next timer is due; now, if there is none that ever is."""
        upcoming = self._next_due()
        return self.now_ns() if upcoming == _NEVER else upcoming - EPOCH_NS

    def _next_due(self) -> int:
        if not self._scheduled or math.isinf(self._scheduled[0].when()):
            return _NEVER
        return round(self._scheduled[0].when() * NANOSECONDS)

    def _fall_quiet(self) -> None:
        assert self._quiet is not None
        (until, future), self._quiet = self._quiet, None
        self._set_now(max(self._now_ns, until))
        if not future.done():
            future.set_result(None)

    async def when_quiet(self, until: int) -> None:
        """Return at ``until`` (ns), once all that happens up to then has happened.

        One caller at a time. While somebody waits here, having nothing to do is no deadlock.
        """
        future = self.create_future()
        self._quiet = (until + EPOCH_NS, future)
        try:
            await future
        finally:
            self._quiet = None

    def has_timers(self) -> bool:
        return any(not handle.cancelled() for handle in self._scheduled)

    # Verdicts.

    def _halt(self, verdict: Verdict) -> NoReturn:
        self.verdict = self.verdict or verdict
        raise Halt(self.verdict)

    def refuse(self, what: str) -> NoReturn:
        """End the run as ``Unsupported``, whatever the caller makes of the exception."""
        self.verdict = self.verdict or Unsupported(what)
        raise RefusedError(what)

    def blocked(self, why: str) -> NoReturn:
        """The one thread waits for what only it could bring about."""
        here = Waiter("the loop's thread", stack_here(), "itself")
        self._halt(Deadlock((here, *self.waiters()), why))

    def _refuse_worker(self, name: str) -> None:
        if self.workshop.in_worker:
            self.refuse(
                f"loop.{name} from a worker thread (a future set, a task made or cancelled):"
                " it does not wake the loop; call_soon_threadsafe does"
            )

    def waiters(self) -> tuple[Waiter, ...]:
        """Who waits for what, by task name; the main task only waits for the others."""
        others = (task for task in asyncio.all_tasks(self) if task is not self._main)
        tasks = sorted(others, key=lambda task: task.get_name())
        return tuple(waiter_of(task) for task in tasks)

    # Running.

    def run(self, main: Coroutine[Any, Any, _T]) -> _T:
        """Run ``main`` to its end.

        Raises:
            Halt: the run ended with a verdict. Tasks may be left: see ``abandon``.
        """
        task: asyncio.Task[_T] = self.create_task(main, name="main")
        self._main = task
        result: _T = self.run_until_complete(task)
        if self.verdict is not None:
            raise Halt(self.verdict)
        return result

    def abandon(self) -> None:
        """Take down what a halted run left, without another word from it."""
        self.set_exception_handler(lambda loop, context: None)
        self._abandoned, self._quiet = True, None
        for _ in range(3):
            left = asyncio.all_tasks(self)
            if not left:
                break
            self.iterations = max(0, self._limits.iterations - 1_000)
            for task in left:
                task.cancel()
            # RuntimeError: the main task's end, noticed only now, has stopped the loop.
            with contextlib.suppress(Halt, RuntimeError, KeyboardInterrupt, SystemExit):
                self.run_until_complete(asyncio.wait(left))
        for task in asyncio.all_tasks(self):
            _silence(task)

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:
        """Wait for the default executor's jobs, as ``asyncio.run`` does."""
        self._executor_shutdown_called = True
        executor = self._default_executor
        while executor is not None and self.workshop.unfinished(executor):
            await asyncio.sleep(0)
            await self.when_quiet(self.workshop.next_end_ns())

    # What a stock loop leaves to its subclasses.

    def add_signal_handler(self, sig: int, callback: Callable[..., object], *args: Any) -> None:  # type: ignore[override]
        self._signals[sig] = (callback, args)

    def remove_signal_handler(self, sig: int) -> bool:
        return self._signals.pop(sig, None) is not None

    def deliver_signal(self, sig: int) -> bool:
        """Simulate a signal. Returns whether a handler was installed."""
        if sig not in self._signals:
            return False
        callback, args = self._signals[sig]
        self.call_soon(callback, *args)
        return True

    async def subprocess_exec(self, *args: Any, **kwargs: Any) -> NoReturn:
        self.refuse("a subprocess")

    async def subprocess_shell(self, *args: Any, **kwargs: Any) -> NoReturn:
        self.refuse("a subprocess")

    def _process_events(self, event_list: list[object]) -> None:
        pass

    def _write_to_self(self) -> None:
        pass


def _silence(task: asyncio.Task[Any]) -> None:
    """A task that would not be cancelled must not complain when it is collected."""
    task._log_destroy_pending = False  # type: ignore[attr-defined]
    coroutine = task.get_coro()
    # It may go on after GeneratorExit, or raise whatever it likes.
    with contextlib.suppress(BaseException):
        if coroutine is not None:
            coroutine.close()
