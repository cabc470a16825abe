# Vendored by codemods 0.1.0, sha256 cc8059fca5d81dc4a85da629ed984de68e816155a96f76d229bf8226b39bf399
# fmt: off
# isort: skip_file
# ruff: noqa
"""Operators that give ReactiveX pipelines the semantics of asyncio's coordination primitives.

Stock operators are the right tool where nobody can tell the difference. These stand in where
one can: they keep asyncio's order of results, its treatment of errors and siblings, its
cancellation, its context variables and its timing. The module needs the standard library and
reactivex (4, 5 or 6), and Python 3.11 or later. It is meant to be vendored into a project.

Three things hold for every operator here:

- A step that runs alone (``from_async``, ``concat_map``, ``do_action``, ``poll``) runs *in the
  task that awaits the pipeline*, as a plain ``await`` would: same task, same context
  variables, and a cancellation arrives inside the step, whose cleanup the caller waits for.
- Steps that run side by side (``flat_map``) are tasks, each in a copy of the context in which
  the pipeline was awaited, as ``asyncio.gather`` starts them.
- An exception reaches the awaiting caller as the object that was raised. One that is no
  ``Exception`` (``CancelledError``, ``KeyboardInterrupt``) goes past the operators in between.

Await a pipeline with ``last_value_from``. Never call ``Observable.run()`` in a coroutine: it
blocks the event loop that it waits for.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextvars
import random
import re
import sys
import threading
import time
import traceback
import warnings
import weakref
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import WRAPPER_ASSIGNMENTS, partial, wraps
from heapq import heappop, heappush
from inspect import isawaitable, iscoroutinefunction
from itertools import count
from types import CoroutineType, TracebackType
from typing import (
    TYPE_CHECKING,
    Any,
    Literal,
    NamedTuple,
    Never,
    ParamSpec,
    Protocol,
    TypeVar,
    cast,
    overload,
)

from reactivex import Observable, Observer, abc, typing
from reactivex.disposable import CompositeDisposable, Disposable, SerialDisposable
from reactivex.internal.exceptions import SequenceContainsNoElementsError
from reactivex.scheduler import (
    CurrentThreadScheduler,
    ImmediateScheduler,
    TrampolineScheduler,
)
from reactivex.scheduler.eventloop import AsyncIOScheduler
from reactivex.subject import BehaviorSubject

__all__ = [
    "PENDING",
    "Attempt",
    "ConflictError",
    "DynamicSemaphore",
    "EventSubject",
    "RateLimit",
    "RetryAction",
    "RetryError",
    "RetryPolicy",
    "RetryState",
    "RetryWhen",
    "TryAgain",
    "after_log",
    "all_of",
    "any_of",
    "before_log",
    "before_sleep_log",
    "concat_map",
    "do_action",
    "dynamic_semaphore",
    "flat_map",
    "forever",
    "fork_join",
    "from_async",
    "from_awaitable",
    "in_executor",
    "in_thread",
    "last_value_from",
    "occ_transition",
    "poll",
    "poll_after",
    "pull_from",
    "rate_limit",
    "retry_if_exception",
    "retry_if_exception_cause_type",
    "retry_if_exception_message",
    "retry_if_exception_type",
    "retry_if_not_exception_message",
    "retry_if_not_exception_type",
    "retry_if_not_result",
    "retry_if_result",
    "retry_when",
    "shutdown_gate",
    "stop_after_attempt",
    "stop_after_delay",
    "stop_before_delay",
    "stop_never",
    "take_until",
    "timeout",
    "upload_with_retry",
    "wait_chain",
    "wait_combine",
    "wait_exponential",
    "wait_exponential_jitter",
    "wait_fixed",
    "wait_incrementing",
    "wait_random",
    "wait_random_exponential",
]

_T = TypeVar("_T")
_R = TypeVar("_R")
_P = ParamSpec("_P")
_Operator = Callable[[Observable[_T]], Observable[_R]]
_Loop = asyncio.AbstractEventLoop


# --- awaiting a pipeline -----------------------------------------------------------------


async def last_value_from(source: Observable[_T]) -> _T:
    """Subscribe to ``source``, wait until it has ended, and return its last value.

    Input: an observable that ends.
    Output: the last value it emitted.
    Raises: the error that ended it, as the same object;
        ``reactivex.internal.exceptions.SequenceContainsNoElementsError`` if it ended without
        a value.
    Timing: the subscription is made at once, in the calling task, and what the source emits
        while it is subscribed to is handled before anything else runs. Operators that take
        their scheduler from the subscription (``rx.timer``, ``rx.interval``) run on the
        running loop's clock; a period runs from one tick to the next, as a loop around
        ``asyncio.sleep`` has it, and a tick that is due at once comes while the source is
        subscribed to. A pipeline that is subscribed to gives way to the loop at least once, as
        ``asyncio.sleep(0)`` does, except for a ``flat_map`` over nothing, which ends at once
        as ``asyncio.gather()`` does, for a ``pull_from`` or ``forever`` that gives nothing,
        which is a loop of no rounds, and for a pipeline that fails while it is subscribed to:
        the error comes at once. Single calls are not subscribed to but awaited:
        ``from_async``, ``from_awaitable``, ``in_thread``, ``in_executor``, ``fork_join``,
        ``occ_transition``, ``upload_with_retry``, and what ends with ``timeout`` or
        ``retry_when``. As a plain ``await`` they give way when what they call does, and not at
        all if that does not.
    Cancellation: a step that runs in the calling task is cancelled as any ``await`` is; the
        tasks of a ``flat_map`` are cancelled as ``asyncio.gather`` does it; timers are
        disposed of. What the pipeline itself cut short has finished its cleanup before this
        function returns or raises.
    """
    if isinstance(source, _Call):
        call: Callable[[], Awaitable[_T]] = source.call
        return await call()
    return cast(_T, await _Awaiter(asyncio.get_running_loop()).drive(source))


class _Cancellable(Protocol):
    """Work on behalf of an awaiting task, that can be told to stop."""

    def cancel(self, message: object) -> bool:
        """Ask for cancellation; False when nothing is left that could be cancelled."""


class _Wake(asyncio.Future[None]):
    """What the awaiting task waits on while others work for it.

    As with the future of ``asyncio.gather``, cancelling it cancels the work, and it is the
    end of the work that ends the waiting.
    """

    _workers: dict[_Cancellable, None]

    def cancel(self, msg: object = None) -> bool:
        if self.done():
            return False
        asked = [worker.cancel(msg) for worker in list(self._workers)]
        return any(asked) or super().cancel(msg)


class _Step(abc.DisposableBase):
    """One ``await`` that the awaiting task does for an operator."""

    __slots__ = ("awaiter", "interrupted", "on_error", "on_value", "run", "running")

    def __init__(
        self,
        awaiter: _Awaiter,
        run: Callable[[], Awaitable[Any]],
        on_value: Callable[[Any], None],
        on_error: Callable[[Exception], None],
    ) -> None:
        self.awaiter = awaiter
        self.run = run
        self.on_value = on_value
        self.on_error = on_error
        self.running = False
        self.interrupted = False

    def dispose(self) -> None:
        """Take the step back: it does not start, or it is cancelled where it waits."""
        if self.awaiter.step is self:
            self.awaiter.step = None
        elif self.running and not self.interrupted:
            self.interrupted = True
            self.awaiter.task.cancel()


class _Moment:
    """The instant at which an action runs, or a subscription is made.

    Stock timers with a period (``rx.timer(0, period)``) reckon each tick's date from that of
    the tick before, in microseconds, and catch up when they are late. A loop around
    ``asyncio.sleep(period)`` does neither: it waits its whole period from where it is. So the
    dates that an action makes of ``now`` and a span are remembered with the span itself.
    """

    __slots__ = ("due", "now", "subscribing", "waits")

    def __init__(self, now: datetime, due: datetime, *, subscribing: bool = False) -> None:
        self.now = now
        self.due = due
        self.subscribing = subscribing
        self.waits: dict[datetime, float] = {}

    def note(self, span: timedelta, seconds: float) -> None:
        self.waits[self.due + span] = self.waits[self.now + span] = seconds


class _Awaiter(AsyncIOScheduler):
    """The scheduler that ``last_value_from`` passes down, and the host of single steps.

    Work that is due now is done now, on the trampoline of the current thread, so that a
    source that needs no time emits while it is subscribed to. Time is the loop's.
    """

    def __init__(self, loop: _Loop) -> None:
        super().__init__(loop)
        self.loop = loop
        # Weakly: a cancelled task keeps its exception, and that the frames that refer to this.
        self._task = weakref.ref(cast("asyncio.Task[Any]", asyncio.current_task()))
        self.step: _Step | None = None
        self.hosting: _Step | None = None
        self.due: list[list[Callable[[], None]]] = []
        self.workers: dict[_Cancellable, None] = {}
        self.leaving: set[asyncio.Future[Any]] = set()
        self.had_nothing_to_do = False
        self._moment: _Moment | None = None
        self._clock_zero = loop.time()
        self._date_zero = super().now
        self._trampoline: TrampolineScheduler | None = None
        self._wake: _Wake | None = None
        self._ended = False
        self._value: list[Any] = []
        self._error: BaseException | None = None
        self._raised_here = False

    @property
    def task(self) -> asyncio.Task[Any]:
        """The task that awaits the pipeline."""
        return cast("asyncio.Task[Any]", self._task())

    # scheduling

    @property
    def now(self) -> datetime:
        if self._moment is not None:
            return self._moment.now
        return self._date_zero + timedelta(seconds=self.loop.time() - self._clock_zero)

    def to_timedelta(self, value: typing.AbsoluteOrRelativeTime) -> timedelta:  # type: ignore[override]
        span = super().to_timedelta(value)
        if self._moment is not None:
            self._moment.note(span, self.to_seconds(value))
        return span

    def schedule(
        self, action: typing.ScheduledAction[Any], state: Any = None
    ) -> abc.DisposableBase:
        def trampolined(_: abc.SchedulerBase, __: Any = None) -> abc.DisposableBase | None:
            return self.invoke_action(action, state=state)

        trampoline = self._trampoline or CurrentThreadScheduler.singleton()
        return trampoline.schedule(trampolined)

    def _apart(self, action: Callable[[], None]) -> None:
        """Run ``action`` and all that it schedules, though the thread's trampoline is at work.

        That is so in a task that began within a call of another pipeline: an eager one. What it
        schedules would run behind that call, and as a part of that other task.
        """
        if CurrentThreadScheduler.singleton().schedule_required():
            action()
            return
        outer, self._trampoline = self._trampoline, TrampolineScheduler()
        try:
            self._trampoline.schedule(lambda *_: action())
        finally:
            self._trampoline = outer

    def schedule_relative(
        self, duetime: typing.RelativeTime, action: typing.ScheduledAction[Any], state: Any = None
    ) -> abc.DisposableBase:
        return self._schedule_after(self.to_seconds(duetime), action, state)

    def schedule_absolute(
        self, duetime: typing.AbsoluteTime, action: typing.ScheduledAction[Any], state: Any = None
    ) -> abc.DisposableBase:
        date = self.to_datetime(duetime)
        moment = self._moment
        seconds = moment.waits.get(date) if moment is not None else None
        if seconds is None:
            due = self._clock_zero + (date - self._date_zero).total_seconds()
            seconds = due - self.loop.time()

        def at_its_time(_: abc.SchedulerBase, state: Any = None) -> abc.DisposableBase | None:
            outer, self._moment = self._moment, _Moment(self.now, date)
            try:
                return self.invoke_action(action, state)
            finally:
                self._moment = outer

        if seconds <= 0 and moment is not None and moment.subscribing:
            return self.schedule(at_its_time, state)
        return self._schedule_after(seconds, at_its_time, state)

    def schedule_periodic(
        self,
        period: typing.RelativeTime,
        action: typing.ScheduledPeriodicAction[Any],
        state: Any = None,
    ) -> abc.DisposableBase:
        current = SerialDisposable()
        self._tick_after(self.to_seconds(period), action, state, current)
        return current

    def _tick_after(
        self,
        seconds: float,
        action: typing.ScheduledPeriodicAction[Any],
        state: Any,
        current: SerialDisposable,
    ) -> None:
        def tick(_: abc.SchedulerBase, state: Any = None) -> None:
            state = action(state)
            if not current.is_disposed:
                self._tick_after(seconds, action, state, current)

        current.disposable = self._schedule_after(seconds, tick, state)

    def _schedule_after(
        self, seconds: float, action: typing.ScheduledAction[Any], state: Any
    ) -> abc.DisposableBase:
        if not seconds <= 0:
            return self._disposable(self.loop.call_later(seconds, self._invoke, action, state))
        # As asyncio.sleep: what is due now or overdue gives way to the loop once. The awaiting
        # task does so itself: woken by a callback, it would be one turn of the loop late.
        waiting: list[Callable[[], None]] = [partial(self._invoke, action, state)]
        if self.hosting is None and asyncio.current_task(self.loop) is self.task:
            self.due.append(waiting)
        else:
            self.loop.call_soon(_run_all, waiting)
        return Disposable(waiting.clear)

    def _invoke(self, action: typing.ScheduledAction[Any], state: Any) -> None:
        try:
            self.invoke_action(action, state)
        except Exception as error:
            self.broke(error)

    @staticmethod
    def _disposable(handle: asyncio.Handle) -> abc.DisposableBase:
        return Disposable(handle.cancel)

    # the life of one awaited pipeline

    async def drive(self, source: Observable[Any]) -> Any:
        try:
            subscription = SerialDisposable()

            def subscribe() -> None:
                subscription.disposable = source.subscribe(
                    self._on_next, self.fail, self._on_completed, scheduler=self
                )

            self._moment = _Moment(self._date_zero, self._date_zero, subscribing=True)
            try:
                self._apart(subscribe)
            finally:
                self._moment = None
            try:
                if self._ended and self._error is None and not self.had_nothing_to_do:
                    await asyncio.sleep(0)
                await self._until_ended()
            finally:
                subscription.dispose()
        except GeneratorExit:
            self.leaving.clear()  # closed with the loop: nobody can wait any more
            raise
        finally:
            if self.leaving:
                await _settled(self.leaving)
        if self._error is not None:
            try:
                if self._raised_here:
                    _raise_unchanged(self._error)
                raise self._error
            finally:
                self._error = None  # no cycle through the traceback's frames
        return self._value[0]

    async def _until_ended(self) -> None:
        while not self._ended:
            due = self.due
            if due:
                self.due = []
            if self.step is not None:
                for waiting in due:
                    self.loop.call_soon(_run_all, waiting)
                self.hosting, self.step = self.step, None
                await self._host(self.hosting)
                continue
            if due:
                await asyncio.sleep(0)
                for waiting in due:
                    _run_all(waiting)
                continue
            self._wake = _Wake(loop=self.loop)
            self._wake._workers = self.workers
            try:
                await self._wake
            finally:
                self._wake = None

    async def _host(self, step: _Step) -> None:
        step.running = True
        error: Exception | None = None
        value: Any = None
        try:
            value = await step.run()
        except asyncio.CancelledError:
            # Ours, if the pipeline cut the step short and nobody else cancelled the task.
            if not step.interrupted or self.task.uncancel() > 0:
                raise
            return
        except Exception as caught:
            error = caught
        finally:
            step.running = False
            self.hosting = None
        try:
            if step.interrupted:
                self.task.uncancel()
            elif error is not None:
                self._apart(partial(step.on_error, error))
            else:
                self._apart(partial(step.on_value, value))
        finally:
            error = None  # no cycle through the traceback's frames

    def host(
        self,
        run: Callable[[], Awaitable[Any]],
        on_value: Callable[[Any], None],
        on_error: Callable[[Exception], None],
    ) -> abc.DisposableBase:
        """Have the awaiting task do a step, or a task of its own if that one is at work."""
        if self.step is not None or self.hosting is not None or self._ended:
            return _Spawned(self.loop, self, run, on_value, on_error).start()
        self.step = _Step(self, run, on_value, on_error)
        self._rouse()
        return self.step

    def fail(self, error: BaseException) -> None:
        """End the pipeline with ``error``, past all operators that are still in between."""
        if not self._ended:
            self._error = error
            # In the awaiting task it has its context already; that of another task's gets ours.
            self._raised_here = asyncio.current_task(self.loop) is self.task
            self._end()

    def broke(self, error: Exception) -> None:
        """An observer raised in a callback of the loop, where nobody but the awaiter hears it."""
        if self._ended:
            raise error
        self.fail(error)

    def _on_next(self, value: Any) -> None:
        self._value = [value]

    def _on_completed(self) -> None:
        if not self._value:
            self.fail(SequenceContainsNoElementsError())
        else:
            self._end()

    def _end(self) -> None:
        self._ended = True
        self._rouse()

    def _rouse(self) -> None:
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)


def _run_all(actions: list[Callable[[], None]]) -> None:
    """Run what has not been disposed of meanwhile."""
    while actions:
        actions.pop()()


async def _settled(futures: set[asyncio.Future[Any]]) -> None:
    """Wait until all of ``futures`` are done, and only then let a cancellation through."""
    cancelled: asyncio.CancelledError | None = None
    while pending := {future for future in futures if not future.done()}:
        try:
            await asyncio.wait(pending)
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        raise cancelled


def _outcome(future: asyncio.Future[Any]) -> BaseException | None:
    """The error that ended ``future``, a cancellation included, with its message."""
    try:
        future.result()
    except BaseException as error:
        return error
    return None


class _Spawned:
    """One step as a task of its own: nobody awaits the pipeline, or its task is at work."""

    __slots__ = ("_awaiter", "_loop", "_on_error", "_on_value", "_run", "_task")

    def __init__(
        self,
        loop: _Loop,
        awaiter: _Awaiter | None,
        run: Callable[[], Awaitable[Any]],
        on_value: Callable[[Any], None],
        on_error: Callable[[Exception], None],
    ) -> None:
        self._loop = loop
        self._awaiter = awaiter
        self._run = run
        self._on_value = on_value
        self._on_error = on_error
        self._task: asyncio.Task[Any] | None = None

    def start(self) -> abc.DisposableBase:
        async def run() -> Any:
            return await self._run()

        self._task = self._loop.create_task(run())
        self._task.add_done_callback(self._done)
        if self._awaiter is not None:
            self._awaiter.workers[self] = None
        return Disposable(self._dispose)

    def cancel(self, message: object) -> bool:
        return self._task is not None and self._task.cancel(message)

    def _dispose(self) -> None:
        task, self._task = self._task, None
        if task is not None and task.cancel() and self._awaiter is not None:
            self._awaiter.leaving.add(task)

    def _done(self, task: asyncio.Task[Any]) -> None:
        if self._awaiter is not None:
            self._awaiter.workers.pop(self, None)
        error = _outcome(task)
        if self._task is None:
            return
        self._task = None
        try:
            self._tell(task, error)
        except Exception as raised:
            if self._awaiter is None:
                raise
            self._awaiter.broke(raised)

    def _tell(self, task: asyncio.Task[Any], error: BaseException | None) -> None:
        if error is None:
            self._on_value(task.result())
        elif isinstance(error, Exception) or self._awaiter is None:
            self._on_error(cast(Exception, error))
        else:
            self._awaiter.fail(error)


def _host(
    scheduler: abc.SchedulerBase | None,
    run: Callable[[], Awaitable[Any]],
    on_value: Callable[[Any], None],
    on_error: Callable[[Exception], None],
) -> abc.DisposableBase:
    if isinstance(scheduler, _Awaiter):
        return scheduler.host(run, on_value, on_error)
    return _Spawned(asyncio.get_running_loop(), None, run, on_value, on_error).start()


# --- steps that run alone ----------------------------------------------------------------


def from_async(
    function: Callable[..., Awaitable[_R]], /, *args: Any, **kwargs: Any
) -> Observable[_R]:
    """An observable that calls ``function(*args, **kwargs)`` when it is subscribed to.

    Output: the one value that the call gives, then the end.
    Terminal: an error of the call is the observable's error.
    Retry: none; each subscription is a call of its own.
    Cancellation: disposing of the subscription cancels the call.
    """
    # No ``partial``: that complains in its own words of what cannot be called.
    return _Call(lambda: function(*args, **kwargs))


def from_awaitable(awaitable: Awaitable[_R]) -> Observable[_R]:
    """An observable of something that can be awaited and is there already: a task, say.

    Output: the one value that it gives, then the end.
    Terminal: an error that it raises is the observable's error.
    Retry: none. A coroutine serves one subscription; a task or future serves any number.
    Cancellation: disposing of the subscription cancels it, as ``await`` would.
    """
    return _Call(lambda: awaitable)


class _Call(Observable[_T]):
    """Makes a call when it is subscribed to, and emits what its awaitable gives.

    Who wants nothing but that value may await ``call()`` and do without a subscription.
    """

    def __init__(
        self,
        call: Callable[[], Awaitable[_T]],
        subscribe: abc.Subscription[_T] | None = None,
    ) -> None:
        super().__init__(subscribe or partial(_host_call, call))
        self.call = call


def _host_call(
    call: Callable[[], Awaitable[_T]],
    observer: abc.ObserverBase[_T],
    scheduler: abc.SchedulerBase | None = None,
) -> abc.DisposableBase:
    def emit(value: _T) -> None:
        observer.on_next(value)
        observer.on_completed()

    return _host(scheduler, call, emit, observer.on_error)


def _awaitable_of(source: Observable[_T]) -> Callable[[], Awaitable[_T]]:
    """What to call and await for the last value of ``source``."""
    return source.call if isinstance(source, _Call) else partial(last_value_from, source)


@overload
def concat_map(mapper: Callable[[_T], Observable[_R]]) -> _Operator[_T, _R]: ...
@overload
def concat_map(
    mapper: Callable[[_T], Awaitable[Observable[_R]]],
) -> _Operator[_T, _R]: ...
@overload
def concat_map(mapper: Callable[[_T], Awaitable[_R]]) -> _Operator[_T, _R]: ...
def concat_map(
    mapper: Callable[[_T], Observable[Any] | Awaitable[Any]],
) -> _Operator[_T, Any]:
    """Map each item to an observable or an awaitable, one after the other.

    Input: items at any time; those that come while one is at work wait their turn. ``mapper``
        is called when an item's turn has come, as a step of its own (so it runs in the task
        that awaits the pipeline). It may be an ``async def`` that says what comes next: an
        observable that its awaitable gives is gone on with, as one that it returns.
    Output: what the inner observables emit, or the awaitables give, in the order of the items.
    Terminal: ends when the source and the last inner observable have ended; the first error,
        of the source or of an inner observable, ends it at once, and no further item starts.
    Retry: none.
    Cancellation: disposing of the subscription cancels the item at work and drops the rest.
    """

    async def step(item: _T) -> Observable[Any] | _Given:
        mapped = mapper(item)
        # The first question is the quicker one, and nearly always enough.
        if type(mapped) is CoroutineType or not isinstance(mapped, Observable):
            mapped = await mapped
        return mapped if isinstance(mapped, Observable) else _Given(mapped)

    return _one_by_one(step)


def do_action(action: Callable[[_T], Awaitable[object]]) -> _Operator[_T, _T]:
    """Await ``action(item)`` for each item, then pass the item on.

    Input, terminal, retry, cancellation: as ``concat_map``.
    Output: the items themselves, each after its action has ended. An error of the action ends
        the pipeline before the item is passed on.
    """

    async def step(item: _T) -> _Given:
        await action(item)
        return _Given(item)

    return _one_by_one(step)


class _Given:
    """A value that is emitted as it is, whatever it is."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


_SKIPPED = _Given(None)
"""What comes of an item that a gate stopped between its turn and its first step."""


async def _skipped() -> _Given:
    return _SKIPPED


class _Entrance:
    """Where an operator starts its items: what a ``shutdown_gate`` in front of it closes."""

    __slots__ = ("ask", "asks", "close", "heard", "kill", "shut")

    def __init__(
        self, close: Callable[[], None], kill: Callable[[], None], *, asks: bool = False
    ) -> None:
        self.asks = asks
        """Whether the operator calls ``ask`` when it has nothing more to do."""
        self.ask: Callable[[], None] = _nothing
        """Have the source, if it is one that waits for it, give the next item."""
        self.close = close
        """Forget the items that have not started."""
        self.kill = kill
        """Cancel those that have, and end."""
        self.shut = False
        """Set before ``close`` is called, on any thread: from now on no item starts."""
        self.heard: list[abc.DisposableBase] = []
        """The gates' subscriptions to their signals, kept as long as there is work."""

    def leave(self) -> None:
        """There is no more work: forget the gates and the operator."""
        while self.heard:
            self.heard.pop().dispose()
        # No cycle is left: what the operator's functions refer to goes when its pipeline does.
        self.close = self.kill = self.ask = _nothing


def _nothing() -> None:
    return None


# The entrance of the operator that is subscribing to its source right now, on this thread.
_subscribing = threading.local()


def _subscribed_behind(
    entrance: _Entrance,
    source: Observable[_T],
    on_next: Callable[[_T], None],
    on_error: Callable[[Exception], None],
    on_completed: Callable[[], None],
    scheduler: abc.SchedulerBase | None,
) -> abc.DisposableBase:
    outer = getattr(_subscribing, "entrance", None)
    _subscribing.entrance = entrance
    try:
        return source.subscribe(on_next, on_error, on_completed, scheduler=scheduler)
    finally:
        _subscribing.entrance = outer


def _one_by_one(
    step: Callable[[_T], Awaitable[Observable[Any] | _Given]],
) -> _Operator[_T, Any]:
    def operator(source: Observable[_T]) -> Observable[Any]:
        def subscribe(
            observer: abc.ObserverBase[Any], scheduler: abc.SchedulerBase | None = None
        ) -> abc.DisposableBase:
            items = _OneByOne(step, observer, scheduler)
            outer = _subscribed_behind(
                items.entrance,
                source,
                items.on_next,
                observer.on_error,
                items.on_completed,
                scheduler,
            )
            return CompositeDisposable(outer, items.inner, Disposable(items.dispose))

        return Observable(subscribe)

    return operator


class _OneByOne:
    """The book-keeping of one subscription to ``concat_map`` or ``do_action``."""

    __slots__ = (
        "busy",
        "entrance",
        "inner",
        "observer",
        "scheduler",
        "source_ended",
        "step",
        "waiting",
    )

    def __init__(
        self,
        step: Callable[[Any], Awaitable[Observable[Any] | _Given]],
        observer: abc.ObserverBase[Any],
        scheduler: abc.SchedulerBase | None,
    ) -> None:
        self.step = step
        self.observer = observer
        self.scheduler = scheduler
        self.waiting: deque[Any] = deque()
        self.inner = SerialDisposable()
        self.busy = False
        self.source_ended = False
        self.entrance = _Entrance(self.waiting.clear, self.kill, asks=True)

    def on_next(self, item: Any) -> None:
        if self.entrance.shut:
            return
        self.waiting.append(item)
        if not self.busy:
            self._start_next()

    def on_completed(self) -> None:
        self.source_ended = True
        if not self.busy:
            self.observer.on_completed()

    def _start_next(self) -> None:
        self.busy = True
        run = partial(self._run, self.waiting.popleft())
        self.inner.disposable = _host(self.scheduler, run, self._go_on, self.observer.on_error)

    def _run(self, item: Any) -> Awaitable[Observable[Any] | _Given]:
        return self.step(item) if not self.entrance.shut else _skipped()

    def _go_on(self, found: Observable[Any] | _Given) -> None:
        if found is _SKIPPED:
            self._inner_ended()
        elif isinstance(found, _Given):
            self.observer.on_next(found.value)
            self._inner_ended()
        else:
            # A place of its own: the next item may start before subscribe returns.
            self.inner.disposable = place = SerialDisposable()
            place.disposable = found.subscribe(
                self.observer.on_next,
                self.observer.on_error,
                self._inner_ended,
                scheduler=self.scheduler,
            )

    def _inner_ended(self) -> None:
        self.busy = False
        if self.waiting and not self.entrance.shut:
            self._start_next()
        elif self.source_ended:
            self.observer.on_completed()
        else:
            self.entrance.ask()

    def kill(self) -> None:
        self.waiting.clear()
        self.inner.dispose()
        self.observer.on_completed()

    def dispose(self) -> None:
        self.waiting.clear()
        self.entrance.leave()


PENDING: Never = cast("Never", object())
"""What a check returns that has no result yet; ``is`` tells it from any result.

It is never a result: hence its type, which lets a check be annotated with that of its results.
"""


async def _number(n: int) -> int:
    return n


@overload
def poll() -> _Operator[Any, int]: ...
@overload
def poll(check: Callable[[int], Awaitable[_R]]) -> _Operator[Any, _R]: ...
def poll(check: Callable[[int], Awaitable[Any]] = _number) -> _Operator[Any, Any]:
    """Await ``check`` at once, then again each time the source has ticked after a check.

    Input: a source of ticks, such as ``rx.interval(period)``. It is subscribed to anew when a
        check has ended, and left at its first tick: so the period runs from the end of one
        check to the start of the next, and checks neither overlap nor queue up.
    Output: the result of each check. ``check`` is given its own number: 0, 1, 2, ... Without a
        ``check`` the numbers themselves, for a condition further down to be asked each time.
    Terminal: an error of a check, or of the source, ends it; so does a source that ends
        without a tick. Usually ``ops.take_while(..., inclusive=True)`` ends it from below.
    Retry: none.
    Cancellation: disposing of the subscription cancels the check or the wait.
    """
    return _polling(check, at_once=True)


@overload
def poll_after() -> _Operator[Any, int]: ...
@overload
def poll_after(check: Callable[[int], Awaitable[_R]]) -> _Operator[Any, _R]: ...
def poll_after(check: Callable[[int], Awaitable[Any]] = _number) -> _Operator[Any, Any]:
    """As ``poll``, but the first check, too, comes after a tick of the source."""
    return _polling(check, at_once=False)


def _polling(check: Callable[[int], Awaitable[_R]], at_once: bool) -> _Operator[Any, _R]:
    def operator(source: Observable[Any]) -> Observable[_R]:
        def subscribe(
            observer: abc.ObserverBase[_R], scheduler: abc.SchedulerBase | None = None
        ) -> abc.DisposableBase:
            checks = _Checks(check, source, observer, scheduler)
            if at_once:
                checks.run()
            else:
                checks.wait_for_tick()
            return checks.current

        return Observable(subscribe)

    return operator


class _Checks:
    """The book-keeping of one subscription to ``poll`` or ``poll_after``."""

    __slots__ = ("check", "current", "numbers", "observer", "scheduler", "source")

    def __init__(
        self,
        check: Callable[[int], Awaitable[Any]],
        source: Observable[Any],
        observer: abc.ObserverBase[Any],
        scheduler: abc.SchedulerBase | None,
    ) -> None:
        self.check = check
        self.source = source
        self.observer = observer
        self.scheduler = scheduler
        self.numbers = count()
        self.current = SerialDisposable()

    def run(self, _: Any = None) -> None:
        ticks = self.current.disposable
        if ticks is not None:
            ticks.dispose()
        step = partial(self.check, next(self.numbers))
        self.current.disposable = _host(self.scheduler, step, self._emit, self.observer.on_error)

    def _emit(self, value: Any) -> None:
        self.observer.on_next(value)
        if not self.current.is_disposed:
            self.wait_for_tick()

    def wait_for_tick(self) -> None:
        self.current.disposable = ticks = SerialDisposable()
        ticks.disposable = self.source.subscribe(
            self.run,
            self.observer.on_error,
            self.observer.on_completed,
            scheduler=self.scheduler,
        )


# --- steps that run side by side ---------------------------------------------------------


def flat_map(
    mapper: Callable[[Any], Awaitable[_R]],  # Any: a lambda's item could not be inferred
    *,
    max_concurrent: int | None = None,
    return_exceptions: bool = False,
) -> _Operator[Any, _R]:
    """Await ``mapper(item)`` for all items side by side, by the rules of ``asyncio.gather``.

    Input: any source. Without a bound, ``mapper`` is called for an item when it arrives; with
        ``max_concurrent``, when one of that many places is free. What ``mapper`` returns is
        made a task with a context of its own, unless it is a task or future already; of an
        observable, the last value counts.
    Output: the results *in the order of the items*. With ``return_exceptions`` an exception
        takes the place of the result that is missing.
    Terminal: the first exception (without ``return_exceptions``) ends the output at once. The
        other items are not cancelled: those at work go on and those that wait still start;
        their outcome is dropped without a warning.
    Retry: none.
    Cancellation: as with ``asyncio.gather``: items that have not started never do, the others
        are cancelled, and the caller sees the cancellation when the first of all items has
        ended, or, with ``return_exceptions``, when all have. Disposing of the subscription
        cancels what runs; an awaiting ``last_value_from`` waits for its cleanup.
    Raises: ``ValueError`` if ``max_concurrent`` is negative, as ``asyncio.Semaphore`` does.
    """
    if max_concurrent is not None and max_concurrent < 0:
        raise ValueError("Semaphore initial value must be >= 0")

    def operator(source: Observable[Any]) -> Observable[_R]:
        def subscribe(
            observer: abc.ObserverBase[_R], scheduler: abc.SchedulerBase | None = None
        ) -> abc.DisposableBase:
            awaiter = scheduler if isinstance(scheduler, _Awaiter) else None
            fan_out = _FanOut(mapper, max_concurrent, return_exceptions, observer, awaiter)
            outer = _subscribed_behind(
                fan_out.entrance,
                source,
                fan_out.on_next,
                fan_out.on_error,
                fan_out.on_completed,
                scheduler,
            )
            return CompositeDisposable(outer, Disposable(fan_out.dispose))

        return Observable(subscribe)

    return operator


_MISSING: Any = object()


class _FanOut:
    """The book-keeping of one subscription to ``flat_map``.

    ``queue`` holds what has not started: with a bound the items as they came, without one what
    ``mapper`` made of them. ``results`` has a place for each item that has started.
    """

    __slots__ = (
        "awaiter",
        "bound",
        "cancel_requested",
        "context",
        "emitted",
        "ended",
        "entrance",
        "filling",
        "keeper",
        "loop",
        "mapper",
        "newest",
        "observer",
        "outlet",
        "places",
        "queue",
        "results",
        "return_exceptions",
        "running",
        "source_ended",
        "starter",
        "twins",
    )

    def __init__(
        self,
        mapper: Callable[[Any], Awaitable[Any]],
        bound: int | None,
        return_exceptions: bool,
        observer: abc.ObserverBase[Any],
        awaiter: _Awaiter | None,
    ) -> None:
        self.mapper = mapper
        self.bound = bound
        self.return_exceptions = return_exceptions
        self.observer = observer
        self.awaiter = awaiter
        self.loop: _Loop = asyncio.get_running_loop() if awaiter is None else awaiter.loop
        self.context = contextvars.copy_context()
        self.outlet = self.context.copy()  # what an observer sets is not seen by later items
        self.queue: deque[Any] = deque()
        self.places: set[int] = set()
        self.running: dict[asyncio.Future[Any], int] = {}
        self.results: list[Any] = []
        self.newest: asyncio.Future[Any] | None = None
        self.emitted = 0
        self.twins: dict[asyncio.Future[Any], list[int]] = {}
        self.starter: asyncio.Handle | None = None
        self.keeper: asyncio.Task[None] | None = None
        self.filling = False
        self.source_ended = False
        self.cancel_requested = False
        self.ended = False
        self.entrance = _Entrance(self.close, self.kill)
        if awaiter is not None:
            awaiter.workers[self] = None

    # the source

    def on_next(self, item: Any) -> None:
        if self.ended or self.entrance.shut:
            return
        if self.bound is None:
            try:
                item = self.mapper(item)
                # The first question is the quicker one, and nearly always enough.
                if type(item) is not CoroutineType and isinstance(item, Observable):
                    item = _awaitable_of(item)()
            except Exception as error:
                self.queue.clear()
                self._end_with(error)
                return
        self.queue.append(item)
        if self.starter is None:
            # A source that emits all it has in one go starts its items when it has ended.
            self.starter = self.loop.call_soon(self._start_some)

    def on_error(self, error: Exception) -> None:
        self.queue.clear()
        self._end_with(error)

    def on_completed(self) -> None:
        self.source_ended = True
        if not self.results and not self.queue and self.awaiter is not None:
            self.awaiter.had_nothing_to_do = True
        if self.newest is None:
            # As with gather, what making the awaitables set is seen by all of them.
            self.context = contextvars.copy_context()
            self.outlet = self.context.copy()
        self._start_some()
        self._complete_if_done()

    # the items

    def _start_some(self) -> None:
        if self.starter is not None:
            self.starter.cancel()
            self.starter = None
        if self.keeper is not None and self.keeper.cancelling():
            self.queue.clear()
        if self.bound is not None:
            self._fill_places(self.bound)
        elif self.queue:
            try:
                # Each task copies the context that is current while it is made.
                self.context.copy().run(self._start_all)
            except Exception as error:
                self.queue.clear()
                self._end_with(error)
        if self.keeper is not None:
            self._release_keeper()

    def _fill_places(self, bound: int) -> None:
        if self.filling:
            return  # an eager task has ended within the loop below, which goes on by itself
        self.filling = True
        try:
            while self.queue and len(self.places) < bound and not self.entrance.shut:
                index = len(self.results)
                self.places.add(index)
                work = self._in_place(index, self.queue.popleft())
                self._started(_unwatched(self.loop.create_task(work, context=self.context.copy())))
        finally:
            self.filling = False

    def _start_all(self) -> None:
        if len(set(self.queue)) < len(self.queue):
            # As with gather, an awaitable given twice is awaited once.
            children = {work: self._child_of(work) for work in dict.fromkeys(self.queue)}
            self.queue = deque(children[work] for work in self.queue)
        queue, results, running = self.queue, self.results, self.running
        create_task, done, outlet = self.loop.create_task, self._done, self.outlet
        while queue:
            work = queue.popleft()
            if type(work) is not CoroutineType:
                self._started(self._child_of(work))
                continue
            # What the line above would do, for what is nearly always there: gather is no slower.
            child: Any = create_task(work)
            child._log_destroy_pending = False
            running[child] = len(results)
            results.append(_MISSING)
            child.add_done_callback(done, context=outlet)
            self.newest = child

    def _child_of(self, work: Awaitable[Any]) -> asyncio.Future[Any]:
        child = asyncio.ensure_future(work, loop=self.loop)
        return child if child is work else _unwatched(child)

    def _started(self, child: asyncio.Future[Any]) -> None:
        if child in self.running:
            self.twins.setdefault(child, []).append(len(self.results))
        else:
            self.running[child] = len(self.results)
            child.add_done_callback(self._done, context=self.outlet)
        self.results.append(_MISSING)
        self.newest = child

    async def _in_place(self, index: int, item: Any) -> Any:
        # The place is given on within the item's own last step, as a semaphore does it: who
        # hears of the item's end finds its successor started.
        try:
            if self.entrance.shut:
                return _SKIPPED
            found = self.mapper(item)
            return await (_awaitable_of(found)() if isinstance(found, Observable) else found)
        finally:
            self._leave_place(index)

    def _leave_place(self, index: int) -> None:
        if index in self.places:
            self.places.remove(index)
            self._start_some()

    def _done(self, child: asyncio.Future[Any]) -> None:
        index = self.running.pop(child)
        try:
            if self.places:
                self._leave_place(index)  # of an item that was cancelled before its first step
            # To ask for the exception is also to say that nobody needs to be warned of it.
            if child.cancelled() or child.exception() is not None:
                self._take_failure(index, child)
            elif not self.ended:
                self._take(index, child.result())
            if self.twins and not self.ended:
                for twin in self.twins.pop(child, ()):
                    self._take(twin, _as_result(child))
            if not self.running and not self.queue:
                self._all_done()
        except Exception as error:  # an observer's
            if self.awaiter is None:
                raise
            self._leave_queue()
            self._leave_entrance_if_done()
            self.awaiter.broke(error)

    def _take(self, index: int, result: Any) -> None:
        """Emit ``result`` and those that waited for it, or keep it until its turn has come."""
        results = self.results
        if index != self.emitted:
            results[index] = result
            return
        while result is not _MISSING:
            self.emitted = index = index + 1
            if result is not _SKIPPED and not self.cancel_requested:
                self.observer.on_next(result)
            if index == len(results):
                return
            result, results[index] = results[index], _MISSING

    def _take_failure(self, index: int, child: asyncio.Future[Any]) -> None:
        if self.ended:
            return
        if self.return_exceptions:
            self._take(index, _as_result(child))
        else:
            self._end_with(_cancellation(child) if child.cancelled() else child.exception())

    def _all_done(self) -> None:
        if self.cancel_requested and self.newest is not None:
            # gather asks the last of its futures in their order, whichever ended last
            self._end_with(_cancellation(self.newest))
        self._complete_if_done()
        self._leave_entrance_if_done()

    # the end

    def _complete_if_done(self) -> None:
        if self.ended or not self.source_ended or self.running or self.queue:
            return
        self._leave()
        self.entrance.leave()
        self.observer.on_completed()

    def _end_with(self, error: BaseException | None) -> None:
        if self.ended or error is None:
            return
        self._leave_queue()
        self._leave_entrance_if_done()
        if isinstance(error, Exception) or self.awaiter is None:
            self.observer.on_error(cast(Exception, error))
        else:
            self.awaiter.fail(error)

    def _leave_queue(self) -> None:
        """Leave, with items that still start and run, though nobody waits for them."""
        self._leave()
        if self.queue:
            self.keeper = self.loop.create_task(self._keep_queue(), context=self.context.copy())

    def close(self) -> None:
        """Forget the items that wait for a place."""
        if self.bound is not None:
            self.queue.clear()
        self._release_keeper()
        self._complete_if_done()
        self._leave_entrance_if_done()

    def kill(self) -> None:
        """Cancel what runs, and end with the results that there are."""
        self.close()
        if self.cancel_requested:
            return  # it is over as soon as the cleanup is
        for child in list(self.running):
            if child.cancel() and self.awaiter is not None:
                self.awaiter.leaving.add(child)
        if self.ended:
            return
        self._leave()
        self.entrance.leave()
        for value in self.results[self.emitted :]:
            if value is not _MISSING and value is not _SKIPPED:
                self.observer.on_next(value)
        self.observer.on_completed()

    def _leave_entrance_if_done(self) -> None:
        if self.ended and not self.running and not self.queue:
            self.newest = None  # no cycle through its exception
            self.entrance.leave()

    def _leave(self) -> None:
        self.ended = True
        if self.awaiter is not None:
            self.awaiter.workers.pop(self, None)

    async def _keep_queue(self) -> None:
        """Stand for the items that still wait when nobody waits for them any more.

        Whoever cancels all tasks, as ``asyncio.run`` does at its end, cancels those, too.
        """
        try:
            await self.loop.create_future()
        finally:
            self.queue.clear()

    def _release_keeper(self) -> None:
        if self.keeper is not None and not self.queue:
            self.keeper.cancel()
            self.keeper = None

    def cancel(self, message: object) -> bool:
        """Cancel as the future of ``asyncio.gather`` does, items that wait included."""
        asked = [child.cancel(message) for child in list(self.running)]
        if self.queue:
            asked.append(True)
            self._cancel_queue(message)
        if any(asked):
            self.cancel_requested = True
        return any(asked)

    def _cancel_queue(self, message: object) -> None:
        # The waiting items end in the turn of the loop in which the first of the running ones
        # could; one future stands for all of them.
        self.results += [asyncio.CancelledError() for _ in range(1, len(self.queue))]
        self.queue.clear()
        stand_in = self.loop.create_future()
        self._started(stand_in)
        self.loop.call_soon(stand_in.cancel, message)

    def dispose(self) -> None:
        if self.ended:
            return
        self._leave()
        self.entrance.leave()
        self.queue.clear()
        for child in list(self.running):
            if child.cancel() and self.awaiter is not None:
                self.awaiter.leaving.add(child)


def _unwatched(task: Any) -> asyncio.Future[Any]:
    """As with gather, a loop that is closed too early does not complain of the task."""
    task._log_destroy_pending = False
    return cast("asyncio.Future[Any]", task)


def _as_result(child: asyncio.Future[Any]) -> Any:
    """What stands for ``child`` in the list that ``asyncio.gather`` returns."""
    if child.cancelled():
        # gather shows the message that ``cancel`` was given, not what the child raised.
        message = getattr(child, "_cancel_message", None)
        return asyncio.CancelledError("" if message is None else message)
    error = child.exception()
    return child.result() if error is None else error


def _cancellation(child: asyncio.Future[Any]) -> BaseException:
    """The ``CancelledError`` that ``asyncio.gather`` raises on account of ``child``.

    gather asks the future for it in the same way, and there is no public one: only the future
    knows the exception with which, and the message for which, it was cancelled.
    """
    return cast(BaseException, cast(Any, child)._make_cancelled_error())


# --- limits ------------------------------------------------------------------------------


def rate_limit(max_rate: float, time_period: float = 60) -> RateLimit:
    """A leaky bucket: up to ``max_rate`` at once, then one each ``time_period/max_rate`` seconds.

    Input: use it as an operator on any source, as ``async with limit:``, or by ``acquire``.
    Output: as an operator, the items in their order, each as soon as the bucket has room.
    Terminal, retry, cancellation: as an operator, as ``concat_map``.
    Contract: that of ``aiolimiter.AsyncLimiter`` 1.2 and later, whose place it takes.
    """
    return RateLimit(max_rate, time_period)


class RateLimit:
    """See ``rate_limit``. ``max_rate`` is a count, ``time_period`` is in seconds."""

    def __init__(self, max_rate: float, time_period: float = 60) -> None:
        self.max_rate = max_rate
        self.time_period = time_period
        self._leak_rate = max_rate / time_period
        self._level = 0.0
        self._level_at = 0.0
        self._arrivals = count()
        self._waiting: list[tuple[float, int, asyncio.Future[None]]] = []
        self._alarm: asyncio.TimerHandle | None = None
        self._bound_loop: _Loop | None = None

    def __call__(self, source: Observable[_T]) -> Observable[_T]:
        async def admit(_: _T) -> None:
            await self.acquire()

        return source.pipe(do_action(admit))

    def has_capacity(self, amount: float = 1) -> bool:
        """Whether ``acquire(amount)`` would return at once."""
        self._leak()
        return self._level + amount <= self.max_rate

    async def acquire(self, amount: float = 1) -> None:
        """Wait until the bucket has room for ``amount``, and fill that in.

        Those who wait are served smallest amount first, and in order of arrival among equals.

        Raises: ``ValueError`` if ``amount`` is negative or more than the bucket ever holds.
        """
        if not 0 <= amount <= self.max_rate:
            raise ValueError("Amount must be a number between 0 and the maximum capacity")
        loop = self._loop()
        while not self.has_capacity(amount):
            place: asyncio.Future[None] = loop.create_future()
            # One turn later: who was woken takes its room first.
            place.add_done_callback(lambda _: loop.call_soon(self._wake_next))
            heappush(self._waiting, (amount, next(self._arrivals), place))
            self._wake_next()
            await place
        self._level += amount
        self._wake_next()

    async def __aenter__(self) -> None:
        await self.acquire()

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        return None

    def _loop(self) -> _Loop:
        loop = self._bound_loop
        if loop is None:
            loop = self._bound_loop = asyncio.get_running_loop()
        elif loop.is_closed():
            loop = self._bound_loop = asyncio.get_running_loop()
            self._waiting = [entry for entry in self._waiting if entry[2].get_loop() is loop]
            warnings.warn(
                "This rate limit is used again on another event loop; make one for each loop.",
                RuntimeWarning,
                stacklevel=4,
            )
        return loop

    def _leak(self) -> None:
        now = self._loop().time()
        if self._level:
            self._level = max(self._level - (now - self._level_at) * self._leak_rate, 0)
        self._level_at = now

    def _wake_next(self) -> None:
        """Wake the first who waits if there is room, else set the alarm for when there is."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        while self._waiting and self._waiting[0][2].done():
            heappop(self._waiting)
        if not self._waiting:
            return
        amount, _, place = self._waiting[0]
        self._leak()
        excess = amount - self.max_rate + self._level
        if excess <= 0:
            heappop(self._waiting)
            place.set_result(None)
            return
        due = self._level_at + (1 / self._leak_rate * excess)
        self._alarm = self._loop().call_at(due, self._wake_next)


def dynamic_semaphore(limit: int | BehaviorSubject[int] = 1) -> DynamicSemaphore:
    """A semaphore whose limit is a number, or the current value of a ``BehaviorSubject``.

    Contract: with a number, that of ``asyncio.Semaphore``: first come, first served; a place
        that was given to a waiter who is cancelled goes to the next one; who waits binds it to
        the running loop. With a subject, a limit that drops lets what runs end and admits
        nobody until the count is below it; a limit that rises starts those who wait at once.
        Who had been given a place in the turn of the loop in which the limit drops keeps it.
        Change the limit on the loop's thread.
    Raises: ``ValueError`` if a number is negative.
    """
    return DynamicSemaphore(limit)


class DynamicSemaphore:
    """See ``dynamic_semaphore``. Use it as ``async with``, or by ``acquire`` and ``release``."""

    def __init__(self, limit: int | BehaviorSubject[int] = 1) -> None:
        self._waiters: deque[asyncio.Future[None]] = deque()
        self._bound_loop: _Loop | None = None
        self._binds = not isinstance(limit, BehaviorSubject)
        if isinstance(limit, BehaviorSubject):
            self._free = 0
            self._limit = 0
            limit.subscribe(self._set_limit)
            return
        if limit < 0:
            raise ValueError("Semaphore initial value must be >= 0")
        self._free = self._limit = limit

    def locked(self) -> bool:
        """Whether ``acquire`` would have to wait."""
        return self._free <= 0 or any(not waiter.cancelled() for waiter in self._waiters)

    async def acquire(self) -> bool:
        """Wait for a place and take it. Always returns True.

        Raises: ``RuntimeError`` if the limit is a number and somebody has waited on another loop.
        """
        if not self.locked():
            self._free -= 1
            return True
        loop = asyncio.get_running_loop()
        if self._binds:
            self._bound_loop = self._bound_loop or loop
            if self._bound_loop is not loop:
                raise RuntimeError(f"{self!r} is bound to a different event loop")
        waiter: asyncio.Future[None] = loop.create_future()
        self._waiters.append(waiter)
        try:
            try:
                await waiter
            finally:
                self._waiters.remove(waiter)
        except asyncio.CancelledError:
            if not waiter.cancelled():
                self._free += 1
                self._admit()
            raise
        self._admit()
        return True

    def release(self) -> None:
        """Give a place back."""
        self._free += 1
        self._admit()

    async def __aenter__(self) -> None:
        await self.acquire()

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.release()

    def _set_limit(self, limit: int) -> None:
        self._free += limit - self._limit
        self._limit = limit
        self._admit()

    def _admit(self) -> None:
        for waiter in self._waiters:
            if self._free <= 0:
                return
            if not waiter.done():
                self._free -= 1
                waiter.set_result(None)


# --- fixed calls side by side ------------------------------------------------------------


def fork_join(
    *sources: Callable[[], Awaitable[Any]] | Awaitable[Any] | Observable[Any],
    return_exceptions: bool = False,
) -> Observable[list[Any]]:
    """Run a fixed number of calls side by side, by the rules of ``asyncio.gather``.

    Input: functions without arguments (``functools.partial`` binds them) that are called when
        the subscription is made, in their order; awaitables; observables, of which the last
        value counts.
    Output: one list of the results, in the order of the sources; of nothing, an empty list.
        With ``return_exceptions`` an exception takes the place of the result that is missing.
    Terminal: the first error is the error, at once; the other calls are not cancelled and go
        on. (``rx.fork_join`` cancels them, and waits for the others where there is no error.)
    Retry: none. A coroutine serves one subscription; functions serve any number.
    Cancellation: as ``flat_map``.
    Source: ``asyncio.gather(f(), g())``.
    """

    def subscribe(
        observer: abc.ObserverBase[list[Any]], scheduler: abc.SchedulerBase | None = None
    ) -> abc.DisposableBase:
        results = Observable(_IterateNow(sources)).pipe(
            flat_map(_as_awaitable, return_exceptions=return_exceptions), _to_list
        )
        return results.subscribe(observer, scheduler=scheduler)

    def call() -> Awaitable[list[Any]]:
        awaitables = [_as_awaitable(source) for source in sources]
        return asyncio.gather(*awaitables, return_exceptions=return_exceptions)

    return _Call(call, subscribe)


class _IterateNow:
    """Subscribing emits all items, then the end, in one go."""

    __slots__ = ("items",)

    def __init__(self, items: tuple[Any, ...]) -> None:
        self.items = items

    def __call__(
        self, observer: abc.ObserverBase[Any], scheduler: abc.SchedulerBase | None = None
    ) -> abc.DisposableBase:
        for item in self.items:
            observer.on_next(item)
        observer.on_completed()
        return Disposable()


def _as_awaitable(source: Any) -> Awaitable[Any]:
    if callable(source) and not isinstance(source, Observable | Awaitable):
        source = source()
    if isinstance(source, Observable):
        return _awaitable_of(source)()
    return cast("Awaitable[Any]", source)


def _to_list(source: Observable[_T]) -> Observable[list[_T]]:
    def subscribe(
        observer: abc.ObserverBase[list[_T]], scheduler: abc.SchedulerBase | None = None
    ) -> abc.DisposableBase:
        items: list[_T] = []

        def on_completed() -> None:
            observer.on_next(items)
            observer.on_completed()

        return source.subscribe(items.append, observer.on_error, on_completed, scheduler=scheduler)

    return Observable(subscribe)


# --- time --------------------------------------------------------------------------------


def timeout(seconds: float | None) -> _Operator[_T, _T]:
    """Give the source ``seconds`` to end, by the rules of ``asyncio.wait_for``.

    Input: an observable that ends. ``seconds`` are the loop's; None: no limit; zero or less:
        the source is not started, unless it stands for an awaitable that is done already.
    Output: the source's last value, once it has ended.
    Terminal: ``TimeoutError`` when time is up, after what the source was at has been cancelled
        and has finished its cleanup. An error of the source, a ``TimeoutError`` of its own
        included, is passed on as it is. A source that answers its cancellation with a value
        gives that value.
    Retry: none.
    Cancellation: the source is cancelled, and has finished its cleanup before the caller sees
        the cancellation.
    Source: ``asyncio.wait_for``, and in each Python as it is there: up to 3.11 the source has
        a task and a context of its own, from 3.12 on it runs in the task that awaits the
        pipeline. To limit something that has started already, put it behind
        ``from_awaitable(task)``.
    """

    def operator(source: Observable[_T]) -> Observable[_T]:
        awaitable = _awaitable_of(source)
        return _Call(lambda: asyncio.wait_for(awaitable(), seconds))

    return operator


# --- retries -----------------------------------------------------------------------------


class TryAgain(Exception):  # noqa: N818  (tenacity's name)
    """Raised by an attempt that wants another one, whatever ``RetryPolicy.retry`` says."""


class RetryError(Exception):
    """No attempt was left: what ``retry_when`` raises unless its policy says ``reraise``."""

    def __init__(self, last_attempt: Attempt) -> None:
        self.last_attempt = last_attempt
        super().__init__(last_attempt)

    def __str__(self) -> str:
        return f"{type(self).__name__}[{self.last_attempt}]"


# Where tenacity is installed, these are its own: what has been migrated and what has not raise
# and catch the same exceptions.
_own_exceptions = (RetryError, TryAgain)
if not TYPE_CHECKING:
    with suppress(ImportError):
        from tenacity import RetryError, TryAgain


class Attempt(concurrent.futures.Future[Any]):
    """How one attempt ended: a future that is done, as tenacity has it."""

    def __init__(self, attempt_number: int, value: Any, error: BaseException | None) -> None:
        super().__init__()
        self.attempt_number = attempt_number
        if error is None:
            self.set_result(value)
        else:
            self.set_exception(error)

    @property
    def failed(self) -> bool:
        return self.exception() is not None

    def __repr__(self) -> str:
        # As tenacity shows it, because it ends up in log lines.
        error = self.exception()
        how = "returned" if error is None else "raised"
        what = type(self.result() if error is None else error).__name__
        return f"<Future at {id(self):#x} state=finished {how} {what}>"


class RetryAction(NamedTuple):
    """What comes after an attempt that is to be repeated."""

    sleep: float


class RetryState:
    """What the functions of a ``RetryPolicy`` are told. The names are tenacity's.

    ``fn``, ``args`` and ``kwargs`` are the decorated function and what it was called with; a
    pipeline has none.
    """

    __slots__ = (
        "args",
        "attempt_number",
        "fn",
        "idle_for",
        "kwargs",
        "name",
        "next_action",
        "outcome",
        "outcome_timestamp",
        "start_time",
        "upcoming_sleep",
    )

    def __init__(
        self,
        name: str = "<unknown>",
        fn: Callable[..., Any] | None = None,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> None:
        self.name = name
        self.fn = fn
        self.args = args
        self.kwargs = {} if kwargs is None else kwargs
        self.start_time = time.monotonic()
        self.attempt_number = 1
        self.outcome: Attempt | None = None
        self.outcome_timestamp: float | None = None
        self.idle_for = 0.0
        self.upcoming_sleep = 0.0
        self.next_action: RetryAction | None = None

    @property
    def seconds_since_start(self) -> float | None:
        """From the start of the first attempt to the end of the last one."""
        return None if self.outcome_timestamp is None else self.outcome_timestamp - self.start_time

    @property
    def error(self) -> BaseException | None:
        """What the last attempt raised, if it did."""
        return None if self.outcome is None else self.outcome.exception()

    def get_fn_name(self) -> str:
        """The function's module and qualified name; without a function, the policy's name."""
        if self.fn is None:
            return self.name
        name = getattr(self.fn, "__qualname__", None) or getattr(self.fn, "__name__", None)
        module = getattr(self.fn, "__module__", None)
        if name is None:
            return repr(self.fn)
        return f"{module}.{name}" if module else name

    def _ended(self, value: Any, error: BaseException | None) -> None:
        self.outcome_timestamp = time.monotonic()
        self.outcome = Attempt(self.attempt_number, value, error)

    def _to_sleep(self) -> None:
        self.idle_for += self.upcoming_sleep
        self.next_action = RetryAction(float(self.upcoming_sleep))

    def _to_next_attempt(self) -> None:
        self.outcome = self.outcome_timestamp = self.next_action = None
        self.attempt_number += 1


_Asked = Callable[[RetryState], Any]
_Span = float | timedelta
_LONGEST_WAIT = sys.maxsize / 2


def _seconds(span: _Span) -> float:
    return span.total_seconds() if isinstance(span, timedelta) else float(span)


# when to stop


def stop_never(state: RetryState) -> bool:
    """Go on until an attempt succeeds."""
    return False


def stop_after_attempt(attempts: int) -> Callable[[RetryState], bool]:
    """Stop when so many attempts were made."""
    return lambda state: state.attempt_number >= attempts


def stop_after_delay(delay: _Span) -> Callable[[RetryState], bool]:
    """Stop after the attempt that ended ``delay`` or more after the start of the first."""
    seconds = _seconds(delay)
    return lambda state: (state.seconds_since_start or 0.0) >= seconds


def stop_before_delay(delay: _Span) -> Callable[[RetryState], bool]:
    """Stop if the next attempt would start ``delay`` or more after the start of the first."""
    seconds = _seconds(delay)
    return lambda state: (state.seconds_since_start or 0.0) + state.upcoming_sleep >= seconds


# how long to wait


def wait_fixed(wait: _Span) -> Callable[[RetryState], float]:
    """Always ``wait``."""
    seconds = _seconds(wait)
    return lambda state: seconds


_no_wait = wait_fixed(0)


def wait_random(minimum: _Span = 0, maximum: _Span = 1) -> Callable[[RetryState], float]:
    """Evenly drawn from ``minimum`` to ``maximum``."""
    low, high = _seconds(minimum), _seconds(maximum)
    return lambda state: low + random.random() * (high - low)


def wait_incrementing(
    start: _Span = 0, increment: _Span = 100, maximum: _Span = _LONGEST_WAIT
) -> Callable[[RetryState], float]:
    """``start``, then each time ``increment`` more, up to ``maximum``."""
    first, step, longest = _seconds(start), _seconds(increment), _seconds(maximum)
    return lambda state: max(0, min(first + step * (state.attempt_number - 1), longest))


def wait_exponential(
    multiplier: float = 1,
    maximum: _Span = _LONGEST_WAIT,
    exp_base: float = 2,
    minimum: _Span = 0,
) -> Callable[[RetryState], float]:
    """``multiplier * exp_base ** n`` after ``n`` repetitions, from ``minimum`` to ``maximum``."""
    longest, shortest = _seconds(maximum), _seconds(minimum)

    def wait(state: RetryState) -> float:
        try:
            seconds = multiplier * exp_base ** (state.attempt_number - 1)
        except OverflowError:
            return longest
        return max(max(0, shortest), min(seconds, longest))

    return wait


def wait_random_exponential(
    multiplier: float = 1,
    maximum: _Span = _LONGEST_WAIT,
    exp_base: float = 2,
    minimum: _Span = 0,
) -> Callable[[RetryState], float]:
    """Full jitter: evenly drawn from ``minimum`` to what ``wait_exponential`` gives."""
    ceiling = wait_exponential(multiplier, maximum, exp_base, minimum)
    low = _seconds(minimum)
    return lambda state: random.uniform(low, ceiling(state))


def wait_exponential_jitter(
    initial: float = 1,
    maximum: _Span = _LONGEST_WAIT,
    exp_base: float = 2,
    jitter: _Span = 1,
    minimum: _Span = 0,
) -> Callable[[RetryState], float]:
    """``initial * exp_base ** n`` and up to ``jitter`` more, from ``minimum`` to ``maximum``."""
    longest, shortest, most = _seconds(maximum), _seconds(minimum), _seconds(jitter)

    def wait(state: RetryState) -> float:
        more = random.uniform(0, most)
        try:
            seconds = initial * exp_base ** (state.attempt_number - 1) + more
        except OverflowError:
            seconds = longest
        return max(max(0, shortest), min(seconds, longest))

    return wait


def wait_chain(*waits: Callable[[RetryState], float]) -> Callable[[RetryState], float]:
    """The first wait after the first attempt, and so on; the last one from then on."""
    if not waits:
        raise ValueError("wait_chain() requires at least one strategy")
    return lambda state: waits[min(state.attempt_number, len(waits)) - 1](state)


def wait_combine(*waits: Callable[[RetryState], float]) -> Callable[[RetryState], float]:
    """The sum of all."""
    return lambda state: float(sum(wait(state) for wait in waits))


# what to repeat


def retry_if_exception(
    predicate: Callable[[BaseException], bool],
) -> Callable[[RetryState], bool]:
    """Repeat what raised something that ``predicate`` accepts."""
    return lambda state: state.error is not None and predicate(state.error)


def retry_if_exception_type(
    types: type[BaseException] | tuple[type[BaseException], ...] = Exception,
) -> Callable[[RetryState], bool]:
    """Repeat what raised one of ``types``."""
    return retry_if_exception(lambda error: isinstance(error, types))


_any_exception = retry_if_exception_type()


def retry_if_not_exception_type(
    types: type[BaseException] | tuple[type[BaseException], ...] = Exception,
) -> Callable[[RetryState], bool]:
    """Repeat what raised something else than ``types``."""
    return retry_if_exception(lambda error: not isinstance(error, types))


def retry_if_exception_message(
    message: str | None = None, match: str | re.Pattern[str] | None = None
) -> Callable[[RetryState], bool]:
    """Repeat what raised something whose text is ``message``, or begins as ``match`` says."""
    return retry_if_exception(_saying(message, match))


def retry_if_not_exception_message(
    message: str | None = None, match: str | re.Pattern[str] | None = None
) -> Callable[[RetryState], bool]:
    """Repeat what gave a value, or raised something that says something else."""
    says = _saying(message, match)
    return lambda state: state.error is None or not says(state.error)


def _saying(
    message: str | None, match: str | re.Pattern[str] | None
) -> Callable[[BaseException], bool]:
    if (message is None) == (match is None):
        raise TypeError("either message or match must be given")
    if match is None:
        return lambda error: message == str(error)
    pattern = re.compile(match)
    return lambda error: pattern.match(str(error)) is not None


def retry_if_exception_cause_type(
    types: type[BaseException] | tuple[type[BaseException], ...] = Exception,
) -> Callable[[RetryState], bool]:
    """Repeat what raised an error with one of ``types`` among its causes."""

    def caused(error: BaseException) -> bool:
        seen: set[int] = set()
        current: BaseException | None = error
        while current is not None and id(current) not in seen:
            seen.add(id(current))
            current = current.__cause__
            if isinstance(current, types):
                return True
        return False

    return retry_if_exception(caused)


def retry_if_result(predicate: Callable[[Any], bool]) -> Callable[[RetryState], bool]:
    """Repeat what gave a value that ``predicate`` accepts."""

    def retry(state: RetryState) -> bool:
        outcome = state.outcome
        return outcome is not None and not outcome.failed and predicate(outcome.result())

    return retry


def retry_if_not_result(predicate: Callable[[Any], bool]) -> Callable[[RetryState], bool]:
    """Repeat what gave a value that ``predicate`` does not accept."""
    return retry_if_result(lambda value: not predicate(value))


# of stops and of retries


def any_of(*questions: Callable[[RetryState], bool]) -> Callable[[RetryState], bool]:
    """Whether one of them says yes; asked in their order, up to the first that does."""
    return lambda state: any(question(state) for question in questions)


def all_of(*questions: Callable[[RetryState], bool]) -> Callable[[RetryState], bool]:
    """Whether all of them say yes; asked in their order, up to the first that does not."""
    return lambda state: all(question(state) for question in questions)


# what to say


class _Logger(Protocol):
    def log(self, level: int, msg: str, /) -> object: ...


def before_log(logger: _Logger, log_level: int) -> Callable[[RetryState], None]:
    """Log that an attempt begins, in tenacity's words."""

    def log(state: RetryState) -> None:
        nth = _ordinal(state.attempt_number)
        name = state.get_fn_name()
        logger.log(log_level, f"Starting call to '{name}', this is the {nth} time calling it.")

    return log


def after_log(
    logger: _Logger, log_level: int, sec_format: str = "%.3g"
) -> Callable[[RetryState], None]:
    """Log that an attempt is to be repeated, in tenacity's words."""

    def log(state: RetryState) -> None:
        seconds = state.seconds_since_start
        spent = "?" if seconds is None else sec_format % seconds
        nth = _ordinal(state.attempt_number)
        name = state.get_fn_name()
        logger.log(
            log_level,
            f"Finished call to '{name}' after {spent}(s), this was the {nth} time calling it.",
        )

    return log


def before_sleep_log(
    logger: _Logger, log_level: int, exc_info: bool = False, sec_format: str = "%.3g"
) -> Callable[[RetryState], None]:
    """Log why and after how many seconds comes another attempt, in tenacity's words."""

    def log(state: RetryState) -> None:
        error = state.error
        if error is None:
            why = f"returned {cast(Attempt, state.outcome).result()}"
        else:
            why = f"raised {type(error).__name__}: {error}"
        wait = sec_format % cast(RetryAction, state.next_action).sleep
        said = f"Retrying {state.get_fn_name()} in {wait} seconds as it {why}."
        if exc_info and error is not None:
            said += "\n" + "".join(traceback.format_exception(error)).rstrip()
        logger.log(log_level, said)

    return log


def _ordinal(number: int) -> str:
    if number % 100 in (11, 12, 13):
        return f"{number}th"
    return f"{number}{({1: 'st', 2: 'nd', 3: 'rd'}).get(number % 10, 'th')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """When an attempt is repeated, after how long, and how often.

    The fields are tenacity's, and so are their defaults. Each holds a function of the
    ``RetryState``; around a coroutine, any of them may be ``async``. After an attempt they are
    called in this order: ``retry``; if it says yes ``after``, ``wait``, ``stop``; if that says
    no ``before_sleep``, ``sleep`` (with the seconds), ``before``, and the next attempt.
    """

    stop: _Asked = stop_never
    wait: _Asked = _no_wait
    retry: _Asked = _any_exception
    before: _Asked | None = None
    after: _Asked | None = None
    before_sleep: _Asked | None = None
    reraise: bool = False
    """With no attempt left, raise what the last one raised, instead of ``retry_error_cls``."""
    retry_error_cls: Callable[[Any], BaseException] = RetryError
    retry_error_callback: _Asked | None = None
    """With no attempt left, return what this returns, instead of raising anything."""
    sleep: Callable[[float], Any] | None = None
    """None: ``asyncio.sleep``, around a plain function ``time.sleep``."""
    name: str = "<unknown>"
    """What ``RetryState.get_fn_name()`` says of a pipeline."""


def retry_when(policy: RetryPolicy) -> RetryWhen:
    """Subscribe to the source again as long as the policy wants another attempt.

    Input: an observable that is one attempt, such as ``from_async(attempt)``; it is subscribed
        to once for each attempt, one after the other. Only what lies between the source and
        this operator is repeated: upstream work stays out by being done before the pipeline,
        or by putting the attempt inside ``concat_map``.
        As a decorator: a function, each call of which is a source of its own. A coroutine
        function stays one. A plain function is called, and waited for, in the calling thread.
    Output: the last value of the attempt that the policy was content with.
    Retry: see ``RetryPolicy``. Seconds; a wait of zero gives way to the loop once. The policy
        is asked about whatever an attempt raises. By default it accepts an ``Exception``: not
        ``CancelledError``, ``KeyboardInterrupt`` or ``SystemExit``, which end the pipeline at
        once. (As with tenacity, ``retry_if_exception(lambda error: True)`` accepts these, too,
        and a cancellation is swallowed.)
    Terminal: an error that the policy does not repeat is raised as it is. With no attempt left:
        ``retry_error_callback``'s value, or with ``reraise`` the last error itself, or
        ``retry_error_cls`` with that error as its cause. A policy that refuses a *result* to
        the end raises ``retry_error_cls`` also with ``reraise``.
    Cancellation: cancels the attempt or the wait; nothing is repeated.
    Source: ``tenacity`` 9, ``AsyncRetrying(...)(attempt)`` and ``@retry(...)``. (``ops.retry``
        repeats at once, whatever was raised, cancellation included, and loses exceptions that
        are falsy.)
    """
    return RetryWhen(policy)


class RetryWhen:
    """What ``retry_when`` gives: an operator that also decorates functions, or runs one now."""

    def __init__(self, policy: RetryPolicy) -> None:
        self.policy = policy

    @overload
    def __call__(self, source: Observable[_T]) -> Observable[_T]: ...
    @overload
    def __call__(self, source: Callable[_P, _R]) -> Callable[_P, _R]: ...
    def __call__(self, source: Observable[Any] | Callable[..., Any]) -> Any:
        policy = self.policy
        if isinstance(source, Observable):
            attempt = _awaitable_of(source)
            return _Call(lambda: _retried(attempt, policy, RetryState(policy.name)))
        return (_retrying if _is_async(source) else _retrying_now)(source, policy)

    def run(self, attempt: Callable[[], _R]) -> _R:
        """Make attempts here and now: in the calling thread, which waits in between."""
        return cast(_R, _retried_now(attempt, self.policy, RetryState(self.policy.name)))


_WRAPPED = (*WRAPPER_ASSIGNMENTS, "__defaults__", "__kwdefaults__")


def _retrying(function: Callable[..., Any], policy: RetryPolicy) -> Callable[..., Any]:
    @wraps(function, _WRAPPED)
    async def call(*args: Any, **kwargs: Any) -> Any:
        state = RetryState(policy.name, function, args, kwargs)
        # The state's own dictionary: a callback may change what the next attempt is given.
        return await _retried(lambda: function(*args, **kwargs), policy, state)

    return call


def _retrying_now(function: Callable[..., Any], policy: RetryPolicy) -> Callable[..., Any]:
    @wraps(function, _WRAPPED)
    def call(*args: Any, **kwargs: Any) -> Any:
        state = RetryState(policy.name, function, args, kwargs)
        return _retried_now(lambda: function(*args, **kwargs), policy, state)

    return call


async def _retried(
    attempt: Callable[[], Awaitable[Any]], policy: RetryPolicy, state: RetryState
) -> Any:
    sleep = policy.sleep or asyncio.sleep
    try:
        while True:
            await _tell(policy.before, state)
            await _make(attempt, state)
            if not isinstance(state.error, TryAgain) and not await _ask(policy.retry, state):
                return cast(Attempt, state.outcome).result()
            await _tell(policy.after, state)
            # Before `stop`, which may want to know it, and also after the last attempt: a
            # random wait is drawn just as often as tenacity draws it.
            state.upcoming_sleep = await _ask(policy.wait, state)
            if await _ask(policy.stop, state):
                if policy.retry_error_callback is not None:
                    return await _ask(policy.retry_error_callback, state)
                _give_up(policy, cast(Attempt, state.outcome))
            state._to_sleep()
            await _tell(policy.before_sleep, state)
            state._to_next_attempt()
            await sleep(float(state.upcoming_sleep))
    finally:
        del state  # no cycle through the traceback's frames


async def _make(attempt: Callable[[], Awaitable[Any]], state: RetryState) -> None:
    try:
        value = await attempt()
    except BaseException as error:
        state._ended(None, error)
    else:
        state._ended(value, None)


def _retried_now(attempt: Callable[[], Any], policy: RetryPolicy, state: RetryState) -> Any:
    """As ``_retried``, in the calling thread. Not one for both: a coroutine that raises a
    ``StopIteration`` raises something else."""
    sleep = policy.sleep or time.sleep
    try:
        while True:
            _tell_now(policy.before, state)
            _make_now(attempt, state)
            if not isinstance(state.error, TryAgain) and not policy.retry(state):
                return cast(Attempt, state.outcome).result()
            _tell_now(policy.after, state)
            state.upcoming_sleep = policy.wait(state)
            if policy.stop(state):
                if policy.retry_error_callback is not None:
                    return policy.retry_error_callback(state)
                _give_up(policy, cast(Attempt, state.outcome))
            state._to_sleep()
            _tell_now(policy.before_sleep, state)
            state._to_next_attempt()
            sleep(float(state.upcoming_sleep))
    finally:
        del state  # no cycle through the traceback's frames


def _make_now(attempt: Callable[[], Any], state: RetryState) -> None:
    try:
        value = attempt()
    except BaseException as error:
        state._ended(None, error)
    else:
        state._ended(value, None)


def _is_async(function: Callable[..., Any]) -> bool:
    """Whether a call gives a coroutine; as tenacity tells it, not by what the call returned."""
    if isinstance(function, type):
        return False
    inner = function.func if isinstance(function, partial) else getattr(function, "__call__", None)  # noqa: B004
    return iscoroutinefunction(function) or iscoroutinefunction(inner)


async def _ask(question: Callable[[Any], Any], subject: Any) -> Any:
    answer = question(subject)
    return await answer if _is_async(question) else answer


async def _tell(callback: _Asked | None, state: RetryState) -> None:
    if callback is not None:
        await _ask(callback, state)


def _tell_now(callback: _Asked | None, state: RetryState) -> None:
    if callback is not None:
        callback(state)


def _give_up(policy: RetryPolicy, last: Attempt) -> Never:
    error = last.exception()
    try:
        if not policy.reraise:
            raise policy.retry_error_cls(last) from error
        if error is None:
            raise policy.retry_error_cls(last)
        cause = (error.__cause__ or error.__context__) if isinstance(error, TryAgain) else None
        if cause is not None:
            raise cause from None
        raise error
    finally:
        del last, error


class ConflictError(Exception):
    """Somebody else changed the record since it was read."""


_Errors = type[BaseException] | tuple[type[BaseException], ...]
_Backoff = Callable[[int, Any], "Awaitable[float] | float"]


def occ_transition(
    fn: Callable[[], Awaitable[_R]],
    max_attempts: int | None = 5,
    base_delay: float = 0.1,
    *,
    cap: float = 10.0,
    conflict: _Errors = ConflictError,
    backoff: _Backoff | None = None,
    exhausted: Any = ...,
) -> Observable[_R]:
    """An observable that makes an optimistic transition, again if somebody else came first.

    Input: ``fn`` reads the record, decides, and writes on the condition that the record still
        is as it was read; it raises ``conflict`` if it is not. It is called anew for each
        attempt, so that it decides on fresh state; nothing else is repeated. With
        ``conflict=TryAgain``, ``fn`` says itself which conflicts are to be met by another
        attempt: ``raise TryAgain from error`` stands for ``error`` in all that follows.
    Output: what ``fn`` returned, once.
    Retry: on ``conflict`` only, at most ``max_attempts`` attempts in all; None: no limit. The
        wait after attempt ``n`` (0, 1, ...) is ``backoff(n, error)`` seconds, or without one
        ``min(base_delay * 2**n + uniform(0, base_delay), cap)``. ``backoff`` is called while
        the error is being handled, and may be ``async``; what it raises ends the pipeline, and
        if it returns PENDING there is no wait.
    Terminal: after the last attempt the conflict itself, at once, without a wait; any other
        exception as it is, at once. With ``exhausted``, that value instead of the last conflict:
        then the last attempt, too, is followed by its wait. With ``max_attempts`` less than 1
        no attempt is made, and the value is None, or ``exhausted``.
    Cancellation: cancels the transition or the wait; nothing is repeated.
    Source: ``for attempt in range(5): try: ...; except Conflict: await asyncio.sleep(...)``.
    """
    pause = backoff or partial(_jittered, base_delay, cap)
    return _Call(partial(_patiently, fn, max_attempts, conflict, pause, exhausted))


def upload_with_retry(
    record: _T,
    upload_fn: Callable[[_T], Awaitable[_R]],
    max_attempts: int | None = 5,
    *,
    base_delay: float = 0.5,
    cap: float = 30.0,
    budget: float | None = None,
    retry_on: _Errors = Exception,
    backoff: _Backoff | None = None,
    exhausted: Any = ...,
) -> Observable[_R]:
    """An observable that uploads ``record``, again if the other side asks for patience.

    Input: ``upload_fn(record)`` is called anew for each attempt. With ``retry_on=TryAgain`` it
        says itself which errors are worth another one: ``raise TryAgain from error`` stands for
        ``error`` in all that follows.
    Output: what ``upload_fn`` returned, once.
    Retry: on ``retry_on`` only, at most ``max_attempts`` attempts in all (None: no limit). The
        wait after attempt ``n`` (0, 1, ...) is ``backoff(n, error)`` seconds, or without one
        full jitter: ``uniform(0, min(cap, base_delay * 2**n))``. ``backoff`` is called while
        the error is being handled, and may be ``async``; what it raises ends the pipeline, and
        if it returns PENDING there is no wait. ``budget`` limits the sum of all waits: one that
        would pass it is not begun.
    Terminal: with no attempt or no budget left the last exception itself, at once; any other
        exception as it is, at once. With ``exhausted``, that value when no attempt is left: then
        the last attempt, too, is followed by its wait. With ``max_attempts`` less than 1 no
        attempt is made, and the value is None, or ``exhausted``.
    Cancellation: cancels the upload or the wait; nothing is repeated.
    Source: ``for attempt in range(n): try: ...; except RateLimited: await asyncio.sleep(...)``.
    """
    pause = backoff or partial(_full_jitter, base_delay, cap)
    upload = partial(upload_fn, record)
    return _Call(partial(_patiently, upload, max_attempts, retry_on, pause, exhausted, budget))


async def _patiently(
    attempt: Callable[[], Awaitable[Any]],
    attempts: int | None,
    errors: _Errors,
    pause: _Backoff,
    exhausted: Any,
    budget: float | None = None,
) -> Any:
    """Make an attempt, and repeat it as often and after such waits as is said."""
    waited = 0.0
    for n in count() if attempts is None else range(attempts):
        meant: BaseException | None = None
        try:
            try:
                return await attempt()
            except TryAgain as again:
                meant = again.__cause__
                if meant is None or not isinstance(again, errors):
                    raise
            _raise_unchanged(meant)
        except BaseException as error:
            if error is not meant and not isinstance(error, errors):
                raise
            if exhausted is ... and n + 1 == attempts:
                raise
            seconds = pause(n, error)
            if isawaitable(seconds):
                seconds = await seconds
            if seconds is PENDING:
                continue
            if budget is not None:
                waited += seconds
                if waited > budget:
                    raise
            await asyncio.sleep(seconds)
        finally:
            meant = None  # no cycle through the traceback's frames
    return None if exhausted is ... else exhausted


def _raise_unchanged(error: BaseException) -> Never:
    """Raise it with the context that it has."""
    context = error.__context__
    try:
        raise error
    finally:
        error.__context__ = context
        del error, context


_MOST_DOUBLINGS = 64
"""More than any wait needs; a float holds a thousand and then overflows."""


def _jittered(base: float, cap: float, n: int, error: object = None) -> float:
    return min(base * 2.0 ** min(n, _MOST_DOUBLINGS) + random.uniform(0, base), cap)


def _full_jitter(base: float, cap: float, n: int, error: object = None) -> float:
    return random.uniform(0, min(cap, base * 2.0 ** min(n, _MOST_DOUBLINGS)))


# --- shutdown ----------------------------------------------------------------------------


def shutdown_gate(
    source: Observable[_T], stop_accepting: Observable[Any], force_kill: Observable[Any]
) -> Observable[_T]:
    """Let items start until the first signal, and let what has started run until the second.

    Input: ``source`` is what gives the items, in front of the operator that works on them
        (``flat_map``, ``concat_map``, ``do_action``): the gate stands where that operator
        starts an item, however many of them it has already been handed. (A ``take_until``
        there stops nothing: ``rx.from_iterable`` hands over all items while it is subscribed
        to. Behind that operator, a gate would cut off what runs.) One gate for an operator.
    Signals: a signal has fired when it emits anything but ``False``. Give signals that
        remember, ``BehaviorSubject(False)`` or ``ReplaySubject(1)``: a plain ``Subject`` that
        fired before the pipeline was subscribed to has not been heard. They may fire on any
        thread and in a signal handler, and more than once.
    Output: the items up to ``stop_accepting``. The operator behind gives the results of what
        had started, in their order.
    Terminal: after ``stop_accepting`` no item starts; the pipeline ends when what runs has
        ended. ``force_kill`` cancels what runs as well and ends the pipeline with the results
        that there are; an awaiting ``last_value_from`` returns when the cleanup has finished.
        An error of the source is passed on.
    Retry: none; a subscription after ``stop_accepting`` ends at once.
    Cancellation: as that of the operator behind; the signals are left alone.
    Source: ``asyncio.Event`` asked before each item starts, and ``task.cancel()``.
    """

    def subscribe(
        observer: abc.ObserverBase[_T], scheduler: abc.SchedulerBase | None = None
    ) -> abc.DisposableBase:
        gate = _Gate(observer, scheduler)
        heard = CompositeDisposable(
            stop_accepting.subscribe(gate.on_stop), force_kill.subscribe(gate.on_kill)
        )
        if gate.entrance is not None:
            # The source may have ended long before the items have: the signals are heard as
            # long as the operator behind has work.
            gate.entrance.heard.append(heard)
        if gate.shut:
            gate.end()
        else:
            gate.source.disposable = source.subscribe(
                gate.on_next, observer.on_error, observer.on_completed, scheduler=scheduler
            )
        return gate.source if gate.entrance is not None else CompositeDisposable(gate.source, heard)

    return Observable(subscribe)


class _Gate:
    """One subscription to ``shutdown_gate``.

    A signal may come in the middle of anything: it only sets a flag, and has the rest done in
    the loop's next turn.
    """

    __slots__ = ("entrance", "killed", "loop", "observer", "shut", "source")

    def __init__(
        self, observer: abc.ObserverBase[Any], scheduler: abc.SchedulerBase | None
    ) -> None:
        self.observer = observer
        self.entrance: _Entrance | None = getattr(_subscribing, "entrance", None)
        awaiter = scheduler if isinstance(scheduler, _Awaiter) else None
        self.loop: _Loop = asyncio.get_running_loop() if awaiter is None else awaiter.loop
        self.source = SerialDisposable()
        self.shut = False
        self.killed = False

    def on_next(self, item: Any) -> None:
        if not self.shut:
            self.observer.on_next(item)

    def on_stop(self, value: object) -> None:
        self._heard(value, self._stop)

    def on_kill(self, value: object) -> None:
        self._heard(value, self._kill)

    def _heard(self, value: object, then: Callable[[], None]) -> None:
        if value is False:
            return
        self.shut = True
        if self.entrance is not None:
            self.entrance.shut = True
        with suppress(RuntimeError):  # the loop is closed: there is nothing left to stop
            self.loop.call_soon_threadsafe(then)

    def _stop(self) -> None:
        if self.entrance is not None:
            self.entrance.close()
        self.end()

    def _kill(self) -> None:
        # Once: a second cancellation would meet the cleanup.
        if self.entrance is not None and not self.killed:
            self.entrance.kill()
        self.killed = True
        self.end()

    def end(self) -> None:
        self.source.dispose()
        self.observer.on_completed()


class EventSubject(BehaviorSubject[bool]):
    """An event that is a ``BehaviorSubject`` as well: True while it is set, else False.

    Input: ``set`` and ``clear``, or ``on_next(True)`` and ``on_next(False)``.
    Output: as a subject, the current state at once, then each change of it.
    Contract: that of ``asyncio.Event``, whose place it takes: ``wait`` returns at once while it
        is set; ``set`` wakes all who wait, first come, first served, and they stay awake
        whatever happens until they run; who waits binds the event to the running loop. As an
        event it is not safe for threads: ``loop.call_soon_threadsafe(event.set)``.
    Terminal: none; it never ends.
    """

    def __init__(self) -> None:
        super().__init__(False)
        self._waiters: deque[asyncio.Future[None]] = deque()
        self._bound_loop: _Loop | None = None

    def is_set(self) -> bool:
        """Whether it is set."""
        return self.value

    def set(self) -> None:
        """Set it, and wake all who wait."""
        if not self.value:
            self.on_next(True)

    def clear(self) -> None:
        """Unset it: who comes to wait from now on waits for the next ``set``."""
        if self.value:
            self.on_next(False)

    def on_next(self, value: bool) -> None:
        super().on_next(value)
        if value:
            for waiter in self._waiters:
                if not waiter.done():
                    waiter.set_result(None)

    async def wait(self) -> Literal[True]:
        """Wait until it is set. Always returns True.

        Raises: ``RuntimeError`` if somebody has waited for it on another event loop.
        """
        if self.value:
            return True
        loop = asyncio.get_running_loop()
        self._bound_loop = self._bound_loop or loop
        if self._bound_loop is not loop:
            raise RuntimeError(f"{self!r} is bound to a different event loop")
        waiter: asyncio.Future[None] = loop.create_future()
        self._waiters.append(waiter)
        try:
            await waiter
        finally:
            self._waiters.remove(waiter)
        return True

    def __repr__(self) -> str:
        waiting = f", waiters:{len(self._waiters)}" if self._waiters else ""
        return f"<{super().__repr__()[1:-1]} [{'set' if self.value else 'unset'}{waiting}]>"

    def __reduce__(self) -> tuple[Callable[[bool], EventSubject], tuple[bool]]:
        return _event_subject, (self.value,)  # the lock of a subject cannot be copied


def _event_subject(value: bool) -> EventSubject:
    event = EventSubject()
    event.value = value
    return event


class _Flag(Protocol):
    def is_set(self) -> bool: ...


def pull_from(items: Iterable[_T]) -> Observable[_T]:
    """The items of ``items``, each taken when the operator behind is ready for it.

    Input: an iterable; each subscription iterates over it anew. In front of ``concat_map`` and
        ``do_action`` the next item is taken when the step for the last one has ended, as a
        ``for`` loop does it. (``rx.from_iterable`` takes all of them while it is subscribed
        to, and so does this in front of any other operator.)
    Output: the items, in their order.
    Terminal: ends with the iterable; what that raises is the error.
    Retry: none.
    Cancellation: disposing of the subscription leaves the rest of the items alone.
    Source: ``for item in items: await step(item)``.
    """
    return _Pulled(items)


def forever() -> Observable[int]:
    """The numbers 0, 1, 2, ... without an end, by the rules of ``pull_from``.

    Something must end it: ``take_until``, ``ops.take_while``, an error, a cancellation.
    Source: ``while True: await step()``.
    """
    return _Pulled(_Numbers())


class _Numbers:
    """As ``itertools.count()``, but each iteration begins at 0."""

    def __iter__(self) -> Iterator[int]:
        return count()


def take_until(signal: EventSubject) -> _Operator[_T, _T]:
    """Let items through until ``signal`` is set.

    Input: items in front of the operator that works on them. With a source that is asked for
        its items (``pull_from``, ``forever``) the signal is looked at when an item has been asked
        for, and only then. With any other source this is a ``shutdown_gate``: once the signal
        has been set, the operator behind starts no item any more.
    Output: the items up to there.
    Terminal: ends when an item meets the set signal, or with the source. What has started runs
        to its end. (``ops.take_until`` cuts off what runs, or, in front of
        ``rx.from_iterable``, gates nothing.)
    Retry: none.
    Cancellation: as that of the operator behind; the signal is left alone.
    Source: ``for item in items: if event.is_set(): break``; ``while not event.is_set():``.
    """

    def operator(source: Observable[_T]) -> Observable[_T]:
        if isinstance(source, _Pulled):
            return _Pulled(source.items, *source.gates, signal)
        return shutdown_gate(source, signal, Observable(_say_nothing))

    return operator


def _say_nothing(
    observer: abc.ObserverBase[Any], scheduler: abc.SchedulerBase | None = None
) -> abc.DisposableBase:
    return Disposable()


class _Pulled(Observable[_T]):
    """Gives an item when it is asked for one, until a gate is set."""

    def __init__(self, items: Iterable[_T], *gates: _Flag) -> None:
        super().__init__(partial(_Giving, items, gates))  # type: ignore[arg-type]
        self.items = items
        self.gates = gates


class _Giving:
    """One subscription to items that are asked for."""

    __slots__ = ("ended", "gates", "given", "items", "observer", "scheduler")

    def __init__(
        self,
        items: Iterable[Any],
        gates: tuple[_Flag, ...],
        observer: abc.ObserverBase[Any],
        scheduler: abc.SchedulerBase | None = None,
    ) -> None:
        self.items = iter(items)
        self.gates = gates
        self.observer = observer
        self.scheduler = scheduler
        self.given = self.ended = False
        entrance: _Entrance | None = getattr(_subscribing, "entrance", None)
        if entrance is not None and entrance.asks:
            entrance.ask = self.give
            self.give()
        else:
            while not self.ended:
                self.give()

    def give(self) -> None:
        """Give the next item, or end."""
        try:
            item = next(self.items, _MISSING)
        except Exception as error:
            self.dispose()
            self.observer.on_error(error)
            return
        if item is _MISSING or any(gate.is_set() for gate in self.gates):
            if not self.given and isinstance(self.scheduler, _Awaiter):
                self.scheduler.had_nothing_to_do = True
            self.dispose()
            self.observer.on_completed()
        else:
            self.given = True
            self.observer.on_next(item)

    def dispose(self) -> None:
        self.ended = True
        self.items = iter(())


# --- threads -----------------------------------------------------------------------------


def in_thread() -> _Operator[_T, _T]:
    """Run the source in a thread of the loop's default executor, as ``asyncio.to_thread`` does.

    Input: a source that needs no time of its own, such as ``rx.from_callable(function)``. It is
        subscribed to in the thread, with a copy of the context in which the pipeline is
        awaited.
    Output: its last value, delivered on the loop.
    Terminal: an error of the source is passed on as it is, on the loop.
    Retry: none.
    Cancellation: the caller goes on at once; the thread runs to its end, and its result is
        lost. A job that has not begun never does.
    Source: ``asyncio.to_thread``. (``ThreadPoolScheduler`` has threads of its own, loses the
        context and delivers in the wrong thread.)
    """
    return _threaded(lambda job: asyncio.to_thread(job))


_RUNNING: Any = asyncio.get_running_loop


def in_executor(
    executor: concurrent.futures.Executor | None = None, *, loop: _Loop = _RUNNING
) -> _Operator[_T, _T]:
    """As ``in_thread``, but as ``loop.run_in_executor`` does it: without the context.

    Input: ``executor`` None is the loop's default executor; without ``loop`` it is the running
        one. (Another loop than that cannot be awaited: ``RuntimeError``, as before. A variable
        that holds no loop yet is an error, as before.)
    Source: ``loop.run_in_executor(executor, function)``.
    """

    def start(job: Callable[[], Any]) -> Awaitable[Any]:
        asked = asyncio.get_running_loop() if loop is _RUNNING else loop
        return asked.run_in_executor(executor, job)

    return _threaded(start)


def _threaded(start: Callable[[Callable[[], Any]], Awaitable[Any]]) -> _Operator[_T, _T]:
    def operator(source: Observable[_T]) -> Observable[_T]:
        return _Call(lambda: start(partial(_last_value_now, source)))

    return operator


def _last_value_now(source: Observable[_T]) -> _T:
    """The last value of a source that ends while it is subscribed to."""
    values: deque[_T] = deque(maxlen=1)
    errors: list[Exception] = []
    # Not ``subscribe``: that runs on the thread's trampoline, and pipelines inside of the
    # function would wait there until it has ended.
    observer = Observer(values.append, errors.append)
    source._subscribe_core(observer, ImmediateScheduler.singleton())
    if errors:
        try:
            raise errors[0]
        finally:
            errors.clear()  # no cycle through the traceback's frames
    if not values:
        raise SequenceContainsNoElementsError
    return values[0]
