"""Files in, what became of each out: on all cores, in a fixed order, whatever goes wrong.

Each file is read in this process and worked on in a worker; workers never touch the disk.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import TypeVar

from codemods.encoding import EncodingError, decode, encode
from codemods.errors import SourceError
from codemods.inventory import Entry, inventory_entries, may_hold_primitives
from codemods.results import Change, FileError, FileReport
from codemods.rewrite import Settings, rewrite
from codemods.vendor import is_vendored
from codemods.workspace import error_of

# Below this many bytes in question, starting workers takes longer than the work.
_WORTH_A_POOL = 100_000
# So many parcels for each worker, so that one slow parcel does not keep the others waiting.
_PARCELS = 8


@dataclass(frozen=True, slots=True)
class Task:
    """One file to look at: where it is, what reports call it, and what its place decides."""

    path: Path
    name: str
    operators_module: str
    tier: int | None


T = TypeVar("T")
Work = Callable[[Task, bytes], T]
Progress = Callable[[int], None]
"""Called with the number of files that are done since the last call."""


@dataclass(frozen=True, slots=True)
class _Loaded:
    position: int
    task: Task
    data: bytes


# --------------------------------------------------------------------------------------
# what is done to one file


def rewrite_file(settings: Settings, task: Task, data: bytes) -> FileReport | FileError:
    """One file through all rules. ``settings`` is completed by what the file's place decides."""
    own = replace(settings, operators_module=task.operators_module, path_tier=task.tier)
    try:
        source = decode(data)
        result = rewrite(source.text, task.name, own)
        after = encode(result.after, source.encoding) if result.changed else data
    except EncodingError as error:
        return FileError(task.name, "encoding-error", str(error), error.line)
    except SourceError as error:
        return FileError(task.name, "syntax-error", str(error), error.line)
    change = None if after == data else Change(task.path, task.name, data, after)
    return FileReport(task.name, result.sites, change, result.operators)


def list_file(task: Task, data: bytes) -> tuple[Entry, ...] | FileError:
    """One file's primitives."""
    try:
        return inventory_entries(decode(data).text, task.name)
    except EncodingError as error:
        return FileError(task.name, "encoding-error", str(error), error.line)
    except SourceError as error:
        return FileError(task.name, "syntax-error", str(error), error.line)


# --------------------------------------------------------------------------------------
# all files


def run(
    work: Work[T | FileError],
    tasks: Sequence[Task],
    jobs: int | None = None,
    progress: Progress = lambda done: None,
) -> list[T | FileError | None]:
    """What ``work`` makes of each file, in the order of ``tasks``; None: nothing to see there.

    ``work`` must be picklable. An exception that it raises is that file's ``internal-error``,
    and so is the death of the worker that has the file in hand.
    """
    results: list[T | FileError | None] = [None] * len(tasks)
    loaded: list[_Loaded] = []
    for position, task in enumerate(tasks):
        data = _read(task)
        if isinstance(data, FileError):
            results[position] = data
        elif data is not None:
            loaded.append(_Loaded(position, task, data))
    progress(len(tasks) - len(loaded))
    workers = min(jobs or cores(), len(loaded))
    pooled = workers > 1 and sum(len(item.data) for item in loaded) >= _WORTH_A_POOL
    found = _in_workers(work, loaded, workers) if pooled else _here(work, loaded)
    with closing(found) as parcels:  # workers must not outlive an exception met here
        for parcel in parcels:
            for position, result in parcel:
                results[position] = result
            progress(len(parcel))
    return results


def cores() -> int:
    """The cores that this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _read(task: Task) -> bytes | FileError | None:
    """The file's bytes; None if a look at them shows that nothing is to be done."""
    try:
        data = task.path.read_bytes()
    except OSError as error:
        return error_of(task.name, error, "read-error")
    return None if is_vendored(data) or not may_hold_primitives(data) else data


_Parcel = list[tuple[int, "T | FileError"]]


def _here(
    work: Work[T | FileError], loaded: Sequence[_Loaded]
) -> Generator[_Parcel[T], None, None]:
    for item in loaded:
        yield _each(work, [item])


def _in_workers(
    work: Work[T | FileError], loaded: Sequence[_Loaded], workers: int
) -> Generator[_Parcel[T], None, None]:
    number = min(workers * _PARCELS, len(loaded))
    parcels = [loaded[start::number] for start in range(number)]
    lost: list[_Loaded] = []
    with _pool(workers) as pool:
        waiting = {_submit(pool, work, parcel): parcel for parcel in parcels}
        for future in as_completed(waiting):
            try:
                yield future.result()
            except BrokenProcessPool:
                lost += waiting[future]
    yield from _one_by_one(work, sorted(lost, key=lambda item: item.position))


def _submit(
    pool: ProcessPoolExecutor, work: Work[T | FileError], parcel: Sequence[_Loaded]
) -> Future[_Parcel[T]]:
    try:
        return pool.submit(_each, work, parcel)
    except BrokenProcessPool as error:
        broken: Future[_Parcel[T]] = Future()
        broken.set_exception(error)
        return broken


def _one_by_one(work: Work[T | FileError], lost: Sequence[_Loaded]) -> Iterator[_Parcel[T]]:
    """A worker died and took others' files along: find out whose fault it was."""
    rest = list(lost)
    while rest:
        with _pool(1) as pool:
            while rest:
                item = rest.pop(0)
                try:
                    yield _submit(pool, work, [item]).result()
                except BrokenProcessPool:
                    yield [_died(item)]
                    break


def _died(item: _Loaded) -> tuple[int, T | FileError]:
    message = "the process that worked on this file died"
    return item.position, FileError(item.task.name, "internal-error", message)


def _each(work: Work[T | FileError], parcel: Sequence[_Loaded]) -> _Parcel[T]:
    return [(item.position, _guarded(work, item)) for item in parcel]


def _guarded(work: Work[T | FileError], item: _Loaded) -> T | FileError:
    try:
        return work(item.task, item.data)
    except Exception as error:  # a defect met in one file must not keep the others from being done
        where = traceback.extract_tb(error.__traceback__)[-1]
        said = " ".join(str(error).split())
        message = f"{type(error).__name__}: {said} ({Path(where.filename).name}:{where.lineno})"
        return FileError(item.task.name, "internal-error", message)


@contextmanager
def _pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """Workers that are gone at the end, at once if it is an exception that ends it."""
    others = multiprocessing.active_children()
    with ProcessPoolExecutor(workers, mp_context=_context(), initializer=_leave_interrupts) as pool:
        try:
            yield pool
        except BaseException:
            # They only compute: nothing is lost, and nobody waits for the work at hand.
            for process in multiprocessing.active_children():
                if process not in others:
                    process.terminate()
            pool.shutdown(cancel_futures=True)
            raise


def _context() -> BaseContext | None:
    # A forked worker has all modules loaded already. With other threads about, forking is not
    # safe, and elsewhere than on Linux it never is.
    if sys.platform == "linux" and threading.active_count() == 1:
        return multiprocessing.get_context("fork")
    return None


def _leave_interrupts() -> None:
    """Ctrl-C reaches the whole process group; the parent alone decides what it means."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
