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
import contextvars
import warnings
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from heapq import heappop, heappush
from itertools import count
from types import TracebackType
from typing import Any, Never, Protocol, TypeVar, cast, overload

from reactivex import Observable, abc, typing
from reactivex.disposable import CompositeDisposable, Disposable, SerialDisposable
from reactivex.internal.exceptions import SequenceContainsNoElementsError
from reactivex.scheduler import CurrentThreadScheduler
from reactivex.scheduler.eventloop import AsyncIOScheduler
from reactivex.subject import BehaviorSubject

__all__ = [
    "PENDING",
    "DynamicSemaphore",
    "RateLimit",
    "concat_map",
    "do_action",
    "dynamic_semaphore",
    "flat_map",
    "from_async",
    "last_value_from",
    "poll",
    "poll_after",
    "rate_limit",
]

_T = TypeVar("_T")
_R = TypeVar("_R")
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
        subscribed to. The call gives way to the loop at least once, as
        ``asyncio.sleep(0)`` does, except for a ``flat_map`` over nothing, which ends at once
        as ``asyncio.gather()`` does.
    Cancellation: a step that runs in the calling task is cancelled as any ``await`` is; the
        tasks of a ``flat_map`` are cancelled as ``asyncio.gather`` does it; timers are
        disposed of. What the pipeline itself cut short has finished its cleanup before this
        function returns or raises.
    """
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


class _Step:
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
        self.task = cast("asyncio.Task[Any]", asyncio.current_task())
        self.step: _Step | None = None
        self.hosting: _Step | None = None
        self.workers: dict[_Cancellable, None] = {}
        self.leaving: set[asyncio.Future[Any]] = set()
        self.had_nothing_to_do = False
        self._moment: _Moment | None = None
        self._clock_zero = loop.time()
        self._date_zero = super().now
        self._wake: _Wake | None = None
        self._ended = False
        self._value: list[Any] = []
        self._error: BaseException | None = None

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

        return CurrentThreadScheduler.singleton().schedule(trampolined)

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
            with self._at(_Moment(self.now, date)):
                return self.invoke_action(action, state)

        if seconds <= 0 and moment is not None and moment.subscribing:
            return self.schedule(at_its_time, state)
        return self._schedule_after(seconds, at_its_time, state)

    @contextmanager
    def _at(self, moment: _Moment) -> Iterator[None]:
        outer, self._moment = self._moment, moment
        try:
            yield
        finally:
            self._moment = outer

    def schedule_periodic(
        self,
        period: typing.RelativeTime,
        action: typing.ScheduledPeriodicAction[Any],
        state: Any = None,
    ) -> abc.DisposableBase:
        seconds = self.to_seconds(period)
        current = SerialDisposable()

        def tick(_: abc.SchedulerBase, state: Any = None) -> None:
            state = action(state)
            if not current.is_disposed:
                current.disposable = self._schedule_after(seconds, tick, state)

        current.disposable = self._schedule_after(seconds, tick, state)
        return current

    def _schedule_after(
        self, seconds: float, action: typing.ScheduledAction[Any], state: Any
    ) -> abc.DisposableBase:
        # As asyncio.sleep: what is due now or overdue gives way to the loop once.
        if seconds <= 0:
            return self._disposable(self.loop.call_soon(self.invoke_action, action, state))
        return self._disposable(self.loop.call_later(seconds, self.invoke_action, action, state))

    @staticmethod
    def _disposable(handle: asyncio.Handle) -> abc.DisposableBase:
        return Disposable(handle.cancel)

    # the life of one awaited pipeline

    async def drive(self, source: Observable[Any]) -> Any:
        try:
            now = self.now
            with self._at(_Moment(now, now, subscribing=True)):
                subscription = source.subscribe(
                    self._on_next, self.fail, self._on_completed, scheduler=self
                )
            try:
                if self._ended and not self.had_nothing_to_do:
                    await asyncio.sleep(0)
                await self._until_ended()
            finally:
                subscription.dispose()
        finally:
            if self.leaving:
                await _settled(self.leaving)
        if self._error is not None:
            try:
                raise self._error
            finally:
                self._error = None  # no cycle through the traceback's frames
        return self._value[0]

    async def _until_ended(self) -> None:
        while not self._ended:
            if self.step is not None:
                self.hosting, self.step = self.step, None
                await self._host(self.hosting)
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
        if step.interrupted:
            self.task.uncancel()
        elif error is not None:
            step.on_error(error)
        else:
            step.on_value(value)

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
        return Disposable(self.step.dispose)

    def fail(self, error: BaseException) -> None:
        """End the pipeline with ``error``, past all operators that are still in between."""
        if not self._ended:
            self._error = error
            self._end()

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

    def subscribe(
        observer: abc.ObserverBase[_R], scheduler: abc.SchedulerBase | None = None
    ) -> abc.DisposableBase:
        def emit(value: _R) -> None:
            observer.on_next(value)
            observer.on_completed()

        return _host(scheduler, lambda: function(*args, **kwargs), emit, observer.on_error)

    return Observable(subscribe)


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
        if not isinstance(mapped, Observable):
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


def _one_by_one(
    step: Callable[[_T], Awaitable[Observable[Any] | _Given]],
) -> _Operator[_T, Any]:
    def operator(source: Observable[_T]) -> Observable[Any]:
        def subscribe(
            observer: abc.ObserverBase[Any], scheduler: abc.SchedulerBase | None = None
        ) -> abc.DisposableBase:
            waiting: deque[_T] = deque()
            inner = SerialDisposable()
            busy = False
            source_ended = False

            def on_next(item: _T) -> None:
                waiting.append(item)
                if not busy:
                    start_next()

            def start_next() -> None:
                nonlocal busy
                busy = True
                run = partial(step, waiting.popleft())
                inner.disposable = _host(scheduler, run, go_on, observer.on_error)

            def go_on(found: Observable[Any] | _Given) -> None:
                if isinstance(found, Observable):
                    # A place of its own: the next item may start before subscribe returns.
                    inner.disposable = place = SerialDisposable()
                    place.disposable = found.subscribe(
                        observer.on_next, observer.on_error, inner_ended, scheduler=scheduler
                    )
                else:
                    observer.on_next(found.value)
                    inner_ended()

            def inner_ended() -> None:
                nonlocal busy
                busy = False
                if waiting:
                    start_next()
                elif source_ended:
                    observer.on_completed()

            def on_completed() -> None:
                nonlocal source_ended
                source_ended = True
                if not busy:
                    observer.on_completed()

            outer = source.subscribe(on_next, observer.on_error, on_completed, scheduler=scheduler)
            return CompositeDisposable(outer, inner, Disposable(waiting.clear))

        return Observable(subscribe)

    return operator


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
            numbers = count()
            current = SerialDisposable()

            def run_check(_: Any = None) -> None:
                ticks = current.disposable
                if ticks is not None:
                    ticks.dispose()
                step = partial(check, next(numbers))
                current.disposable = _host(scheduler, step, emit, observer.on_error)

            def emit(value: _R) -> None:
                observer.on_next(value)
                if not current.is_disposed:
                    wait_for_tick()

            def wait_for_tick() -> None:
                ticks = SerialDisposable()
                current.disposable = ticks
                ticks.disposable = source.subscribe(
                    run_check, observer.on_error, observer.on_completed, scheduler=scheduler
                )

            if at_once:
                run_check()
            else:
                wait_for_tick()
            return current

        return Observable(subscribe)

    return operator


# --- steps that run side by side ---------------------------------------------------------


def flat_map(
    mapper: Callable[[_T], Awaitable[_R]],
    *,
    max_concurrent: int | None = None,
    return_exceptions: bool = False,
) -> _Operator[_T, _R]:
    """Await ``mapper(item)`` for all items side by side, by the rules of ``asyncio.gather``.

    Input: any source. Without a bound, ``mapper`` is called for an item when it arrives; with
        ``max_concurrent``, when one of that many places is free. What ``mapper`` returns is
        made a task with a context of its own, unless it is a task or future already.
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

    def operator(source: Observable[_T]) -> Observable[_R]:
        def subscribe(
            observer: abc.ObserverBase[_R], scheduler: abc.SchedulerBase | None = None
        ) -> abc.DisposableBase:
            awaiter = scheduler if isinstance(scheduler, _Awaiter) else None
            fan_out = _FanOut(mapper, max_concurrent, return_exceptions, observer, awaiter)
            outer = source.subscribe(
                fan_out.on_next, fan_out.on_error, fan_out.on_completed, scheduler=scheduler
            )
            return CompositeDisposable(outer, Disposable(fan_out.dispose))

        return Observable(subscribe)

    return operator


_MISSING: Any = object()


class _FanOut:
    """The book-keeping of one subscription to ``flat_map``.

    ``queue`` holds ``(index, item)`` with a bound and ``(index, awaitable)`` without.
    """

    __slots__ = (
        "awaiter",
        "bound",
        "cancel_requested",
        "context",
        "emitted",
        "ended",
        "finished",
        "keeper",
        "loop",
        "mapper",
        "newest",
        "observer",
        "places",
        "queue",
        "results",
        "return_exceptions",
        "running",
        "source_ended",
        "starter",
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
        self.queue: deque[tuple[int, Any]] = deque()
        self.places: set[int] = set()
        self.running: dict[asyncio.Future[Any], None] = {}
        self.results: list[Any] = []
        self.newest: asyncio.Future[Any] | None = None
        self.emitted = 0
        self.finished = 0
        self.starter: asyncio.Handle | None = None
        self.keeper: asyncio.Task[None] | None = None
        self.source_ended = False
        self.cancel_requested = False
        self.ended = False
        if awaiter is not None:
            awaiter.workers[self] = None

    # the source

    def on_next(self, item: Any) -> None:
        if self.ended:
            return
        if self.bound is None:
            try:
                item = self.mapper(item)
            except Exception as error:
                self.queue.clear()
                self._end_with(error)
                return
        self.queue.append((len(self.results), item))
        self.results.append(_MISSING)
        if self.starter is None:
            # A source that emits all it has in one go starts its items when it has ended.
            self.starter = self.loop.call_soon(self._start_some)

    def on_error(self, error: Exception) -> None:
        self.queue.clear()
        self._end_with(error)

    def on_completed(self) -> None:
        self.source_ended = True
        if not self.results and self.awaiter is not None:
            self.awaiter.had_nothing_to_do = True
        self._start_some()
        self._complete_if_done()

    # the items

    def _start_some(self) -> None:
        if self.starter is not None:
            self.starter.cancel()
            self.starter = None
        if self.keeper is not None and self.keeper.cancelling():
            self.queue.clear()
        while self.queue and (self.bound is None or len(self.places) < self.bound):
            index, item = self.queue.popleft()
            try:
                self._start(index, item)
            except Exception as error:
                self.queue.clear()
                self._end_with(error)

    def _start(self, index: int, item: Any) -> None:
        child: asyncio.Future[Any]
        if self.bound is not None:
            self.places.add(index)
            item = self._in_place(index, item)
        if asyncio.iscoroutine(item):
            child = self.loop.create_task(item, context=self.context.copy())
        else:
            child = asyncio.ensure_future(item, loop=self.loop)
        self.running[child] = None
        self.newest = child
        child.add_done_callback(partial(self._child_done, index), context=self.context)

    async def _in_place(self, index: int, item: Any) -> Any:
        # The place is given on within the item's own last step, as a semaphore does it: who
        # hears of the item's end finds its successor started.
        try:
            return await self.mapper(item)
        finally:
            self._leave_place(index)

    def _leave_place(self, index: int) -> None:
        if index in self.places:
            self.places.remove(index)
            self._start_some()

    def _child_done(self, index: int, child: asyncio.Future[Any]) -> None:
        self.running.pop(child, None)
        self.finished += 1
        self._leave_place(index)  # of an item that was cancelled before its first step
        if self.ended:
            if not child.cancelled():
                child.exception()  # nobody asks for it any more: no warning about it
        elif self.return_exceptions or (not child.cancelled() and child.exception() is None):
            self.results[index] = _as_result(child)
            self._emit()
        else:
            self._end_with(_cancellation(child) if child.cancelled() else child.exception())
        self._release_keeper()
        if self.cancel_requested and self.finished == len(self.results):
            # gather asks the last of its futures in their order, whichever ended last
            self._end_with(_cancellation(self.newest or child))
        self._complete_if_done()

    def _emit(self) -> None:
        results = self.results
        while self.emitted < len(results) and results[self.emitted] is not _MISSING:
            value, results[self.emitted] = results[self.emitted], None
            self.emitted += 1
            if not self.cancel_requested:
                self.observer.on_next(value)

    # the end

    def _complete_if_done(self) -> None:
        if self.ended or not self.source_ended or self.finished < len(self.results):
            return
        self._leave()
        self.observer.on_completed()

    def _end_with(self, error: BaseException | None) -> None:
        if self.ended or error is None:
            return
        self._leave()
        if self.queue:
            self.keeper = self.loop.create_task(self._keep_queue(), context=self.context.copy())
        if isinstance(error, Exception) or self.awaiter is None:
            self.observer.on_error(cast(Exception, error))
        else:
            self.awaiter.fail(error)

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
        (index, _), waiting = self.queue[0], len(self.queue)
        self.queue.clear()
        stand_in = self.newest = self.loop.create_future()
        for skipped in range(index + 1, index + waiting):
            self.results[skipped] = asyncio.CancelledError()
        self.finished += waiting - 1
        stand_in.add_done_callback(partial(self._child_done, index), context=self.context)
        self.loop.call_soon(stand_in.cancel, message)

    def dispose(self) -> None:
        if self.ended:
            return
        self._leave()
        self.queue.clear()
        for child in list(self.running):
            if child.cancel() and self.awaiter is not None:
                self.awaiter.leaving.add(child)


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
        that was given to a waiter who is cancelled goes to the next one. With a subject, a
        limit that drops lets what runs end and admits nobody until the count is below it; a
        limit that rises starts those who wait at once.
    Raises: ``ValueError`` if a number is negative.
    """
    return DynamicSemaphore(limit)


class DynamicSemaphore:
    """See ``dynamic_semaphore``. Use it as ``async with``, or by ``acquire`` and ``release``."""

    def __init__(self, limit: int | BehaviorSubject[int] = 1) -> None:
        self._waiters: deque[asyncio.Future[None]] = deque()
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
        """Wait for a place and take it. Always returns True."""
        if not self.locked():
            self._free -= 1
            return True
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
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
