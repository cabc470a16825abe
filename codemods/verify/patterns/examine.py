"""What all patterns share: variants, what they must show, and what they may not leave behind.

"No error" is no evidence: a variant returns the numbers that it measured, and fails unless it
has said with ``expect`` what they must be. Around each variant the examiner looks for tasks,
threads, warnings and complaints of the loop that were not there before.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import threading
import time
import types
import warnings
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reactivex import Observable

Number = int | float | str | list[float] | list[int]
Numbers = dict[str, Number]
Variant = Callable[[], Coroutine[Any, Any, Numbers]]
"""One way to attack: says with ``expect`` what must hold, returns what it measured."""

_PATIENCE = 20.0
"""Seconds after which a variant counts as hung. None needs a tenth of that."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of one variant."""

    variant: str
    passed: bool
    numbers: Mapping[str, Number]
    problem: str = ""
    """What was not as it must be."""


Evidence = tuple[Finding, ...]
Pattern = Callable[[], Coroutine[Any, Any, tuple[bool, Evidence]]]


class UnexpectedError(AssertionError):
    """A variant did not show what it had to."""


def expect(condition: bool, what: str) -> None:
    """Note that ``what`` must hold.

    Raises:
        UnexpectedError: it does not.
    """
    if not condition:
        raise UnexpectedError(what)


async def examine(variants: Sequence[Variant]) -> tuple[bool, Evidence]:
    """Run all variants, one after the other, on the running loop."""
    findings = [await _examine_one(variant) for variant in variants]
    return all(finding.passed for finding in findings), tuple(findings)


async def _examine_one(variant: Variant) -> Finding:
    name = variant.__name__.replace("_", " ")
    problems: list[str] = []
    numbers: Numbers = {}
    before = asyncio.all_tasks()
    with leaving_nothing(problems):
        try:
            async with asyncio.timeout(_PATIENCE):
                numbers = await variant()
        except UnexpectedError as error:
            problems.append(str(error))
        except TimeoutError:
            problems.append(f"not done after {_PATIENCE:g} s")
        except Exception as error:
            problems.append(f"raised {error!r}")
        await settle()
        if problems:
            await _clear_away(before)
    if not numbers and not problems:
        problems.append("measured nothing")
    return Finding(name, not problems, numbers, "; ".join(problems))


async def _clear_away(before: set[asyncio.Task[Any]]) -> None:
    """What a failed variant left must not spoil the next one's evidence."""
    left = asyncio.all_tasks() - before
    for task in left:
        task.cancel()
    if left:
        await asyncio.wait(left, timeout=1.0)


async def settle() -> None:
    """Let callbacks run that are due."""
    for _ in range(5):
        await asyncio.sleep(0)


@contextlib.contextmanager
def leaving_nothing(problems: list[str]) -> Iterator[None]:
    """Note in ``problems`` what the block leaves behind, and what it was warned of."""
    loop = asyncio.get_running_loop()
    complaints: list[str] = []
    tasks, threads = asyncio.all_tasks(), set(threading.enumerate())
    previous = loop.get_exception_handler()
    loop.set_exception_handler(lambda _, context: complaints.append(_complaint(context)))
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield
            gc.collect()
    finally:
        loop.set_exception_handler(previous)
    problems += [f"the loop complained: {text}" for text in complaints]
    problems += [
        f"{warning.category.__name__}: {warning.message}"
        for warning in caught
        if not issubclass(warning.category, DeprecationWarning)
    ]
    problems += [f"left a task: {task.get_coro()}" for task in asyncio.all_tasks() - tasks]
    problems += [f"left a thread: {name}" for name in _threads_left(threads)]


def _complaint(context: Mapping[str, Any]) -> str:
    return f"{context.get('message')}: {context.get('exception')!r}"


def _threads_left(before: set[threading.Thread]) -> list[str]:
    # Threads of the loop's own executor stay until the loop is closed.
    new = [t for t in threading.enumerate() if t not in before and not t.name.startswith("asyncio")]
    deadline = time.monotonic() + 1.0
    for thread in new:
        thread.join(max(0.0, deadline - time.monotonic()))
    return [thread.name for thread in new if thread.is_alive()]


# --- cancelling the caller everywhere ------------------------------------------------------


class _Points:
    """Counts how often any task suspends, and cancels one of them at the chosen point."""

    def __init__(self, chosen: int | None) -> None:
        self.chosen = chosen
        self.seen = 0
        self.caller: asyncio.Task[Any] | None = None
        self.struck = False

    def reached(self) -> None:
        caller = self.caller
        if self.seen == self.chosen and caller is not None and not caller.done():
            self.struck = True
            asyncio.get_running_loop().call_soon(caller.cancel)
        self.seen += 1

    def make_task(
        self, loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any
    ) -> asyncio.Task[Any]:
        async def counted() -> Any:
            return await _stepped(coroutine, self.reached)

        return asyncio.Task(counted(), loop=loop, **options)


@types.coroutine
def _stepped(
    coroutine: Coroutine[Any, Any, Any], reached: Callable[[], None]
) -> Generator[Any, Any, Any]:
    """Run ``coroutine``; say so each time it suspends."""
    step: Callable[[Any], Any] = coroutine.send
    argument: Any = None
    while True:
        try:
            waits_for = step(argument)
        except StopIteration as done:
            return done.value
        reached()
        try:
            argument = yield waits_for
            step = coroutine.send
        except BaseException as error:
            step, argument = coroutine.throw, error


async def cancel_everywhere(
    run: Callable[[], Coroutine[Any, Any, object]], check: Callable[[], Awaitable[None]]
) -> Numbers:
    """Cancel the caller at every point at which any task of ``run`` suspends, one run for each.

    When the caller has ended, nothing of the run may be left; then ``check`` is awaited.
    """
    points, _ = await _cancelled_run(run, None)
    await check()
    struck = ended_first = 0
    for chosen in range(points):
        _, cancelled = await _cancelled_run(run, chosen)
        struck += cancelled
        ended_first += not cancelled
        await check()
    expect(struck > points // 2, f"only {struck} of {points} cancellations struck")
    return {"await points": points, "cancelled": struck, "ended before": ended_first}


async def _cancelled_run(
    run: Callable[[], Coroutine[Any, Any, object]], chosen: int | None
) -> tuple[int, bool]:
    loop, points = asyncio.get_running_loop(), _Points(chosen)
    before = asyncio.all_tasks()
    loop.set_task_factory(points.make_task)
    try:
        points.caller = loop.create_task(run())
        await asyncio.wait({points.caller})
        left = asyncio.all_tasks() - before
    finally:
        loop.set_task_factory(None)
    expect(not left, f"cancelled at point {chosen}: {len(left)} tasks run on")
    cancelled = points.caller.cancelled()
    if not cancelled:
        points.caller.result()
    return points.seen, cancelled


# --- counting -----------------------------------------------------------------------------


class Traffic:
    """How many are inside, and how many were at most."""

    def __init__(self) -> None:
        self.inside = 0
        self.ceiling = 0
        self.started = 0
        self.finished = 0
        self.cancelled = 0

    @contextlib.contextmanager
    def passing(self) -> Iterator[None]:
        self.started += 1
        self.inside += 1
        self.ceiling = max(self.ceiling, self.inside)
        try:
            yield
            self.finished += 1
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.inside -= 1


def milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 1)


def failing_observer(error: Exception) -> Callable[[Any], Any]:
    """An operator whose observer raises when it is given a value, as no stock operator does."""

    def operator(source: Any) -> Any:
        def raise_it(_: object) -> None:
            raise error

        def subscribe(observer: Any, scheduler: Any = None) -> Any:
            return source.subscribe(
                raise_it, observer.on_error, observer.on_completed, scheduler=scheduler
            )

        return Observable(subscribe)

    return operator
