"""One run: a program, a world, perhaps a cancellation, and what came of it."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import sys
import warnings
from collections.abc import Callable, Coroutine, Iterator
from contextvars import Context, copy_context
from dataclasses import dataclass
from typing import Any, Final

from codemods.verify.describe import describe, describe_error, strip_addresses
from codemods.verify.loop import NANOSECONDS, VirtualLoop
from codemods.verify.patches import standing_in
from codemods.verify.trace import Event, Kind, Run
from codemods.verify.verdict import Halt
from codemods.verify.world import CALLER, World

Program = Callable[[World], Coroutine[Any, Any, object]]
"""A scenario bound to the module it drives."""
Load = Callable[[], Program]
"""Makes the program afresh, inside the run: modules keep no state from one run to the next."""

_TIMER_PATIENCE: Final = 64
"""So many timers may fire after the last task; more are held to be endless."""


@dataclass(frozen=True, slots=True)
class Cancellation:
    """The caller is cancelled from outside."""

    at_ns: int
    again_ns: int | None = None
    """A second cancellation, so much later."""
    message: str | None = None

    def __str__(self) -> str:
        text = f"caller cancelled at {self.at_ns / NANOSECONDS:.9f} s"
        if self.again_ns is not None:
            text += f" and again {self.again_ns / NANOSECONDS:.9f} s later"
        return text + (f" with the message {self.message!r}" if self.message else "")


@dataclass(slots=True)
class _Remains:
    """What the driver finds when the scenario has ended."""

    ended_ns: int = 0
    tasks_left: tuple[str, ...] = ()
    tasks_lingering: tuple[str, ...] = ()
    jobs_left: int = 0
    pools_left: int = 0
    endless_timers: bool = False


def run_in_world(load: Load, world: World, cancellation: Cancellation | None = None) -> Run:
    """Run a program in a fresh virtual loop; never hangs, leaves nothing behind.

    The program lives on after the scenario has ended, or not, as the world's plan says; then, as
    ``asyncio.run`` does, all tasks are cancelled and waited for.
    """
    loop = VirtualLoop(world.options.limits, world.options.workers)
    world.attach(loop)
    remains, complaints = _Remains(), list[str]()
    with standing_in(loop, world.plan.seed), _listening(loop, world, complaints):
        try:
            Context().run(_run, loop, load, world, cancellation, remains)
        except Halt as halt:
            event = Event(loop.now_ns(), "outcome", "the run", type(halt.verdict).__name__)
            world.events.append(event)
            loop.abandon()
        finally:
            gc.collect()
            loop.close()
    return Run(
        events=tuple(sorted(world.events, key=lambda event: event.at_ns)),
        verdict=loop.verdict,
        ended_ns=remains.ended_ns,
        tasks_left=remains.tasks_left,
        tasks_lingering=remains.tasks_lingering,
        jobs_left=remains.jobs_left,
        pools_left=remains.pools_left,
        endless_timers=remains.endless_timers,
        warnings=tuple(sorted(complaints)),
    )


def _run(
    loop: VirtualLoop,
    load: Load,
    world: World,
    cancellation: Cancellation | None,
    remains: _Remains,
) -> None:
    program = load()
    try:
        loop.run(_drive(loop, program, world, cancellation, remains))
    except SystemExit as error:
        # asyncio lets it out of the loop at once, wherever it was raised, and then cleans up.
        _record(loop, world, "outcome", "the scenario", f"raised {describe_error(error)}")
        loop.run(_end_like_asyncio_run(loop))


async def _drive(
    loop: VirtualLoop,
    program: Program,
    world: World,
    cancellation: Cancellation | None,
    remains: _Remains,
) -> None:
    context = copy_context()
    context.run(CALLER.set, "caller")
    caller = loop.create_task(program(world), name="caller", context=context)
    caller.add_done_callback(lambda task: _note_outcome(loop, world, task, remains))
    if cancellation is not None:
        _schedule(loop, world, caller, cancellation)
    await asyncio.wait({caller})
    del caller
    await loop.when_quiet(loop.now_ns())
    remains.tasks_left = _others()
    remains.jobs_left = loop.workshop.running_jobs()
    if not world.plan.exits:
        await loop.when_quiet(loop.now_ns() + round(world.options.linger * NANOSECONDS))
    remains.tasks_lingering = _others()
    await _end_like_asyncio_run(loop)
    remains.pools_left = loop.workshop.open_pools(loop._default_executor)
    remains.endless_timers = await _has_endless_timers(loop)


def _schedule(
    loop: VirtualLoop, world: World, caller: asyncio.Task[object], cancellation: Cancellation
) -> None:
    def stop() -> None:
        if not caller.done():
            _record(loop, world, "stop", "caller", cancellation.message or "")
            caller.cancel(cancellation.message)

    loop.at_ns(cancellation.at_ns, stop)
    if cancellation.again_ns is not None:
        loop.at_ns(cancellation.at_ns + cancellation.again_ns, stop)


def _note_outcome(
    loop: VirtualLoop, world: World, caller: asyncio.Task[object], remains: _Remains
) -> None:
    remains.ended_ns = loop.now_ns()
    try:
        detail = f"returned {describe(caller.result())}"
    except BaseException as error:
        detail = f"raised {describe_error(error)}"
    _record(loop, world, "outcome", "the scenario", detail)


def _record(loop: VirtualLoop, world: World, kind: Kind, name: str, detail: str) -> None:
    if loop.verdict is None:
        world.events.append(Event(loop.now_ns(), kind, name, detail))


def _others() -> tuple[str, ...]:
    this = asyncio.current_task()
    return tuple(
        strip_addresses(repr(task.get_coro())) for task in asyncio.all_tasks() if task is not this
    )


async def _end_like_asyncio_run(loop: VirtualLoop) -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    # In order of creation: a set's order is another one in each process.
    for task in sorted(others, key=lambda task: (len(task.get_name()), task.get_name())):
        task.cancel()
    if others:
        await asyncio.wait(others)
    for task in others:
        error = None if task.cancelled() else task.exception()
        if error is not None:
            context = {"message": "unhandled exception during shutdown", "exception": error}
            loop.call_exception_handler(context)
    del others
    await loop.shutdown_asyncgens()
    await loop.shutdown_default_executor()


async def _has_endless_timers(loop: VirtualLoop) -> bool:
    for _ in range(_TIMER_PATIENCE):
        if not loop.has_timers():
            return False
        await loop.when_quiet(loop.next_timer_ns())
    return True


@contextlib.contextmanager
def _listening(loop: VirtualLoop, world: World, complaints: list[str]) -> Iterator[None]:
    """Collect log records, warnings and what the loop and the interpreter complain about."""
    handler, root = _Recorder(loop, world), logging.getLogger()
    level, hook = root.level, sys.unraisablehook
    loop.set_exception_handler(lambda _, context: complaints.append(_complaint(context)))
    sys.unraisablehook = lambda args: complaints.append(f"unraisable: {describe(args.exc_value)}")
    root.addHandler(handler)
    root.setLevel(1)
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
        sys.unraisablehook = hook
    complaints.extend(
        f"{warning.category.__name__}: {strip_addresses(str(warning.message))}"
        for warning in caught
        # How the interpreter's own API ages says nothing about the program.
        if not issubclass(warning.category, DeprecationWarning | PendingDeprecationWarning)
    )


def _complaint(context: dict[str, Any]) -> str:
    # Which kind of future carried the exception cannot be seen from outside.
    message = str(context.get("message", "")).replace("Task exception", "Future exception")
    error = context.get("exception")
    return message + (f": {describe_error(error)}" if error is not None else "")


class _Recorder(logging.Handler):
    """Puts log records into the trace."""

    def __init__(self, loop: VirtualLoop, world: World) -> None:
        super().__init__()
        self._loop, self._world = loop, world

    def emit(self, record: logging.LogRecord) -> None:
        if record.name == "Rx" and record.levelno <= logging.DEBUG:
            return  # reactivex narrates its subscriptions
        detail = f"{record.levelname} {strip_addresses(record.getMessage())}"
        if record.exc_info and record.exc_info[1] is not None:
            detail += f" ! {describe_error(record.exc_info[1])}"
        _record(self._loop, self._world, "log", record.name, detail)


@contextlib.contextmanager
def frozen_heap() -> Iterator[None]:
    """Each run ends with a full collection: let it skip what lived before."""
    was_enabled = gc.isenabled()
    freeze_survivors()
    gc.disable()
    try:
        yield
    finally:
        gc.unfreeze()
        if was_enabled:
            gc.enable()


def freeze_survivors() -> None:
    """What outlives a run (mostly caches) need not be looked at again after the next."""
    gc.collect()
    gc.freeze()
