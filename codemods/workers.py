"""Work on many items in worker processes. One that dies or hangs costs the item it had in hand.

The standard pool gives everything up when a worker dies. So each worker notes what it takes in
hand where the parent can read it: what was in hand at a death is tried once more on its own, and
all else goes to fresh workers.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing.context import BaseContext
from typing import Any, Generic, Literal, TypeVar, cast

from codemods.alarms import Limit, TooLongError, deadly, prepare, raising, was_late

# So many parcels for each worker, so that one slow parcel does not keep the others waiting.
_PARCELS = 32
_NOTHING = -1
# So many new objects between two collections: trees are freed without, and scanning them is dear.
_GARBAGE = 500_000


@dataclass(frozen=True, slots=True)
class Lost:
    """What became of an item that has no result."""

    why: Literal["died", "took-too-long"]


I = TypeVar("I")  # noqa: E741 - an item
D = TypeVar("D")
R = TypeVar("R")
Parcel = list[tuple[int, "R | Lost"]]
"""Results, each with the position of its item."""


@dataclass(frozen=True, slots=True)
class Settled(Generic[R]):
    """A first look was enough: this is the result."""

    result: R


@dataclass(frozen=True, slots=True)
class Job(Generic[I, D, R]):
    """What is done to many items: a first look at each, and work on what it brings to light.

    ``look`` and ``work`` must be picklable, and catch what is to be caught. ``limit`` is the time
    for the work on one item. Most items are settled by the look, which is not timed.
    """

    look: Callable[[I], D | Settled[R]]
    work: Callable[[I, D], R]
    items: Sequence[I]
    limit: Limit


def here(job: Job[I, D, R], positions: Iterable[int]) -> Generator[Parcel[R], None, None]:
    """The items at these positions one by one in this process.

    The limit is kept in the main thread only, where the platform has timers.
    """
    with _rare_collections():
        for position in positions:
            found = job.look(job.items[position])
            if isinstance(found, Settled):
                yield [(position, found.result)]
            else:
                result = _limited(job, position, found)
                yield [(position, result)]
            _collect()


def in_workers(
    job: Job[I, D, R], positions: Iterable[int], workers: int
) -> Generator[Parcel[R], None, None]:
    """The items at these positions in worker processes, in any order, each exactly once.

    Guarantees: no worker is left behind, however this ends.
    """
    left = dict.fromkeys(positions)
    while left:
        in_hand: set[int] = set()
        for parcel in _generation(job, list(left), min(workers, len(left)), in_hand):
            for position, _ in parcel:
                del left[position]
            yield parcel
        # A worker that dies with nothing in hand must not go on for ever, either.
        for position in sorted(in_hand & left.keys()) or list(left)[:1]:
            del left[position]
            result = _alone(job, position)
            yield [(position, result)]


def mapped(work: Callable[[I], R], items: Sequence[I], limit: Limit, workers: int) -> list[R]:
    """What ``work`` makes of each item, in order. What workers lose is done in this process."""
    if workers < 2:
        return list(map(work, items))
    job = Job(_itself, partial(_of_second, work), items, limit)
    found: dict[int, R | Lost] = {}
    with closing(in_workers(job, range(len(items)), workers)) as parcels:
        for parcel in parcels:
            found.update(parcel)
    results = ((item, found[position]) for position, item in enumerate(items))
    return [work(item) if isinstance(one, Lost) else one for item, one in results]


def _itself(item: I) -> I:
    return item


def _of_second(work: Callable[[I], R], item: I, same: I) -> R:
    return work(item)


# --------------------------------------------------------------------------------------
# the parent's side


def _generation(
    job: Job[I, D, R], left: list[int], workers: int, in_hand: set[int]
) -> Iterator[Parcel[R]]:
    """What workers finish until one of them dies; then ``in_hand`` tells what they were at."""
    number = min(workers * _PARCELS, len(left))
    parcels = [left[start::number] for start in range(number)]
    notes = _Notes(_context(), workers)
    with _pool(workers, notes, job) as pool:
        for future in as_completed([_submit(pool, parcel) for parcel in parcels]):
            try:
                yield future.result()
            except BrokenProcessPool:
                in_hand |= notes.in_hand()


def _alone(job: Job[I, D, R], position: int) -> R | Lost:
    """One item in a worker of its own."""
    started = time.monotonic()
    others = multiprocessing.active_children()
    with _pool(1, _Notes(_context(), 1), job) as pool:
        future = _submit(pool, [position])
        own = [one for one in multiprocessing.active_children() if one not in others]
        try:
            [(_, result)] = future.result()
            return cast("R | Lost", result)
        except BrokenProcessPool:
            passed = time.monotonic() - started
    # The pool has waited for its worker: now there is a status.
    late = any(was_late(one.exitcode, passed, job.limit) for one in own)
    return Lost("took-too-long" if late else "died")


def _submit(pool: ProcessPoolExecutor, parcel: Sequence[int]) -> Future[Parcel[Any]]:
    try:
        return pool.submit(_each, parcel)
    except BrokenProcessPool as error:
        broken: Future[Parcel[Any]] = Future()
        broken.set_exception(error)
        return broken


class _Notes:
    """What each worker has in hand, in memory that it shares with the parent."""

    def __init__(self, context: BaseContext, workers: int) -> None:
        self.context = context
        self.taken = context.Value("i", 0)
        self.positions = context.RawArray("q", [_NOTHING] * workers)

    def in_hand(self) -> set[int]:
        return {position for position in self.positions if position != _NOTHING}


@contextmanager
def _pool(workers: int, notes: _Notes, job: Job[I, D, R]) -> Iterator[ProcessPoolExecutor]:
    """Workers that are gone at the end, at once if it is an exception that ends it."""
    others = multiprocessing.active_children()
    # A forked worker finds the items in its memory: only positions travel.
    arguments = (notes.taken, notes.positions, job)
    with ProcessPoolExecutor(workers, notes.context, _begin, arguments) as pool:
        try:
            yield pool
        except BaseException:
            # They only compute: nothing is lost, and nobody waits for the work at hand.
            for process in multiprocessing.active_children():
                if process not in others:
                    process.terminate()
            pool.shutdown(cancel_futures=True)
            raise


def _context() -> BaseContext:
    # A forked worker has all modules loaded already. With other threads about, forking is not
    # safe, and elsewhere than on Linux it never is.
    if sys.platform == "linux" and threading.active_count() == 1:
        return multiprocessing.get_context("fork")
    return multiprocessing.get_context()


# --------------------------------------------------------------------------------------
# the worker's side


class _Me:
    """This worker's place among the notes, and what it is to do. Set once, when it begins."""

    positions: Any = None
    place = 0
    job: Any = None


def _begin(taken: Any, positions: Any, job: Any) -> None:
    # Ctrl-C reaches the whole process group; the parent alone decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    prepare()
    threading.Thread(target=_follow_the_parent, daemon=True).start()
    with taken.get_lock():
        _Me.place = taken.value
        taken.value += 1
    _Me.positions, _Me.job = positions, job
    gc.disable()
    gc.freeze()


def _follow_the_parent() -> None:
    """End when the parent does, even if it is killed: nobody else would end a worker then."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _each(parcel: Sequence[int]) -> Parcel[Any]:
    results: Parcel[Any] = []
    job = _Me.job
    for position in parcel:
        _Me.positions[_Me.place] = position
        item = job.items[position]
        found = job.look(item)
        if isinstance(found, Settled):
            results.append((position, found.result))
            continue
        with deadly(job.limit):
            results.append((position, job.work(item, found)))
        _collect()
    _Me.positions[_Me.place] = _NOTHING
    return results


@contextmanager
def _rare_collections() -> Iterator[None]:
    """Between two items is the time to collect: within, nearly everything is in use."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _collect() -> None:
    if gc.get_count()[0] > _GARBAGE:
        gc.collect()


# --------------------------------------------------------------------------------------
# without workers


def _limited(job: Job[I, D, R], position: int, data: D) -> R | Lost:
    try:
        with raising(job.limit):
            return job.work(job.items[position], data)
    except TooLongError:
        return Lost("took-too-long")
