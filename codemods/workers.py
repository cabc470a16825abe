"""Work on many items in worker processes. One that dies or hangs costs the item it had in hand.

The standard pool gives everything up when a worker dies. So each worker notes what it takes in
hand where the parent can read it: what was in hand at a death is tried once more on its own, and
all else goes to fresh workers.
"""

from __future__ import annotations

import faulthandler
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.context import BaseContext
from types import FrameType
from typing import Any, Literal, TypeVar

# So many parcels for each worker, so that one slow parcel does not keep the others waiting.
_PARCELS = 8
_NOTHING = -1


@dataclass(frozen=True, slots=True)
class Lost:
    """What became of an item that has no result."""

    why: Literal["died", "took-too-long"]


I = TypeVar("I")  # noqa: E741 - an item
R = TypeVar("R")
Parcel = list[tuple[int, "R | Lost"]]
"""Results, each with the position of its item."""


def here(
    work: Callable[[I], R], items: Sequence[I], limit: float
) -> Generator[Parcel[R], None, None]:
    """The items one by one in this process.

    Args:
        limit: seconds for one item; kept in the main thread only, where the platform has timers.
    """
    for position, item in enumerate(items):
        yield [(position, _limited(work, item, limit))]


def in_workers(
    work: Callable[[I], R], items: Sequence[I], workers: int, limit: float
) -> Generator[Parcel[R], None, None]:
    """The items in worker processes, in any order, each exactly once.

    Args:
        work: must be picklable, and catch what is to be caught.
        limit: seconds for one item.

    Guarantees: no worker is left behind, however this ends.
    """
    left = dict(enumerate(items))
    while left:
        in_hand: set[int] = set()
        for parcel in _generation(work, left, min(workers, len(left)), limit, in_hand):
            for position, _ in parcel:
                del left[position]
            yield parcel
        # A worker that dies with nothing in hand must not go on for ever, either.
        for position in sorted(in_hand & left.keys()) or list(left)[:1]:
            yield [(position, _alone(work, left.pop(position), limit))]


# --------------------------------------------------------------------------------------
# the parent's side


def _generation(
    work: Callable[[I], R],
    left: dict[int, I],
    workers: int,
    limit: float,
    in_hand: set[int],
) -> Iterator[Parcel[R]]:
    """What workers finish until one of them dies; then ``in_hand`` tells what they were at."""
    numbered = list(left.items())
    number = min(workers * _PARCELS, len(numbered))
    parcels = [numbered[start::number] for start in range(number)]
    notes = _Notes(_context(), workers)
    with _pool(workers, notes, limit) as pool:
        for future in as_completed([_submit(pool, work, parcel) for parcel in parcels]):
            try:
                yield future.result()
            except BrokenProcessPool:
                in_hand |= notes.in_hand()


def _alone(work: Callable[[I], R], item: I, limit: float) -> R | Lost:
    """One item in a worker of its own."""
    started = time.monotonic()
    with _pool(1, _Notes(_context(), 1), limit) as pool:
        try:
            [(_, result)] = _submit(pool, work, [(0, item)]).result()
        except BrokenProcessPool:
            late = time.monotonic() - started >= limit
            return Lost("took-too-long" if late else "died")
    return result


def _submit(
    pool: ProcessPoolExecutor, work: Callable[[I], R], parcel: Sequence[tuple[int, I]]
) -> Future[Parcel[R]]:
    try:
        return pool.submit(_each, work, parcel)
    except BrokenProcessPool as error:
        broken: Future[Parcel[R]] = Future()
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
def _pool(workers: int, notes: _Notes, limit: float) -> Iterator[ProcessPoolExecutor]:
    """Workers that are gone at the end, at once if it is an exception that ends it."""
    others = multiprocessing.active_children()
    arguments = (notes.taken, notes.positions, limit)
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
    """This worker's place among the notes, and its time limit. Set once, when it begins."""

    positions: Any = None
    place = 0
    limit = 0.0


def _begin(taken: Any, positions: Any, limit: float) -> None:
    # Ctrl-C reaches the whole process group; the parent alone decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_follow_the_parent, daemon=True).start()
    with taken.get_lock():
        _Me.place = taken.value
        taken.value += 1
    _Me.positions, _Me.limit = positions, limit


def _follow_the_parent() -> None:
    """End when the parent does, even if it is killed: nobody else would end a worker then."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _each(work: Callable[[I], R], parcel: Sequence[tuple[int, I]]) -> Parcel[R]:
    results: Parcel[R] = []
    with open(os.devnull, "wb") as nowhere:
        for position, item in parcel:
            _Me.positions[_Me.place] = position
            # A timer in C: it also ends what never comes back to the interpreter.
            faulthandler.dump_traceback_later(_Me.limit, exit=True, file=nowhere)
            try:
                results.append((position, work(item)))
            finally:
                faulthandler.cancel_dump_traceback_later()
    _Me.positions[_Me.place] = _NOTHING
    return results


# --------------------------------------------------------------------------------------
# without workers


class _TooLongError(BaseException):
    """No ``Exception``: nobody but us may catch it."""


def _limited(work: Callable[[I], R], item: I, limit: float) -> R | Lost:
    timed = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
    if not timed:
        return work(item)
    previous = signal.signal(signal.SIGALRM, _ring)
    try:
        try:
            signal.setitimer(signal.ITIMER_REAL, limit)
            return work(item)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    except _TooLongError:
        return Lost("took-too-long")
    finally:
        signal.signal(signal.SIGALRM, previous)


def _ring(number: int, frame: FrameType | None) -> None:
    raise _TooLongError
