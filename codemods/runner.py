"""Files in, what became of each out: on all cores, in a fixed order, whatever goes wrong.

Workers read the files themselves, and dismiss most of them on their bytes; they never write.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from codemods.alarms import Limit
from codemods.discover import is_generated
from codemods.encoding import Decoded, EncodingError, decode, encode
from codemods.errors import SourceError, TooDeepError
from codemods.fingerprints import texts
from codemods.inventory import (
    Entry,
    check_syntax,
    inventory_entries,
    may_hold,
    may_hold_primitives,
)
from codemods.memory import GENERATED, NOTHING, Memory, mark_of
from codemods.reading import Stamp, TooLargeError, read_stamped, too_large
from codemods.results import Change, ErrorKind, FileError, FileReport, Passed
from codemods.vendor import is_vendored
from codemods.workers import Job, Lost, Settled, here, in_workers
from codemods.workspace import error_of

if TYPE_CHECKING:
    from codemods.rewrite import Settings

# Below this many bytes, starting workers takes longer than the work.
_WORTH_A_POOL = 100_000
# So many for each core: more only take memory, whatever the user asks for.
_MOST_WORKERS = 4
MOST_PARSED = 2_000_000
"""Bytes. Above it, trees take the memory of a whole machine."""
TIME_LIMIT = Limit(processor=120.0, wall=1800.0)
"""For one file. What is done at all is done in a fraction of it, unless the machine is busy."""


@dataclass(frozen=True, slots=True)
class Task:
    """One file to look at: where it is, what reports call it, and what its place decides."""

    file: str
    """Its absolute path. A plain string: there may be very many, and few are ever opened twice."""
    name: str
    operators_module: str
    tier: int | None
    named: bool = False
    """Whether the user named this very file: then it is checked, whatever it holds."""

    @property
    def path(self) -> Path:
        return Path(self.file)


T = TypeVar("T")
Work = Callable[[Task, bytes], T]
Sieve = Callable[[bytes], bool]
"""A look at a file's bytes: False only if there is nothing to do."""
Progress = Callable[[int], None]
"""Called with the number of files that are done since the last call."""


# --------------------------------------------------------------------------------------
# what is done to one file


def rewrite_file(settings: Settings, task: Task, data: bytes) -> FileReport | FileError:
    """One file through all rules. ``settings`` is completed by what the file's place decides."""
    from codemods.rewrite import rewrite  # with libcst, which an inventory need not wait for

    try:
        source = _decoded(task, data)
        elsewhere = settings.elsewhere and settings.elsewhere.seen_from(task.name)
        own = replace(
            settings,
            operators_module=task.operators_module,
            path_tier=task.tier,
            elsewhere=elsewhere,
        )
        result = rewrite(source.text, task.name, own)
        after = encode(result.after, source.encoding) if result.changed else data
    except (EncodingError, SourceError) as error:
        return _bad(task, error)
    change = None if after == data else Change(task.path, task.name, data, after)
    own_texts = texts(source.text, (site.primitive for site in result.sites))
    return FileReport(task.name, result.sites, change, result.operators, own_texts)


def list_file(task: Task, data: bytes) -> tuple[Entry, ...] | FileError:
    """One file's primitives."""
    try:
        return inventory_entries(_decoded(task, data).text, task.name)
    except (EncodingError, SourceError) as error:
        return _bad(task, error)


def _decoded(task: Task, data: bytes) -> Decoded:
    source = decode(data)
    if task.named and not may_hold(source.text):
        check_syntax(source.text)
    return source


def _bad(task: Task, error: EncodingError | SourceError) -> FileError:
    kinds: dict[type[Exception], ErrorKind] = {
        EncodingError: "encoding-error",
        TooDeepError: "too-deep",
    }
    return FileError(task.name, kinds.get(type(error), "syntax-error"), str(error), error.line)


# --------------------------------------------------------------------------------------
# all files


def run(
    work: Work[T | FileError],
    tasks: Sequence[Task],
    jobs: int | None = None,
    progress: Progress = lambda done: None,
    *,
    sieve: Sieve = may_hold_primitives,
    passes_over: Sieve = is_generated,
    memory: Memory | None = None,
) -> list[T | FileError | Passed | None]:
    """What ``work`` makes of each file, in the order of ``tasks``; None: nothing to see there.

    Args:
        work: must be picklable; may say None, too. An exception that it raises is that file's
            ``internal-error``, and so is the death of the worker that has the file in hand; one
            that hangs is a ``time-out``.
        sieve: tells by a file's bytes whether there is work to do on it; must be picklable.
        passes_over: tells by a file's bytes whether it is left out, unless it is named.
        memory: what is known of the files; it is asked first, and told what was found.
    """
    results: list[T | FileError | Passed | None] = [None] * len(tasks)
    known = memory.recall(tasks) if memory is not None else {}
    for position, answer in known.items():
        results[position] = answer
    progress(len(known))
    positions = [position for position in range(len(tasks)) if position not in known]
    if not positions:
        return results
    known_by = mark_of if memory is not None else _no_mark
    job = Job(
        partial(_look, sieve, passes_over), partial(_worked_on, work, known_by), tasks, TIME_LIMIT
    )
    workers = workers_for(jobs, len(positions))
    pooled = workers > 1 and _is_worth_a_pool(tasks[position] for position in positions)
    found = in_workers(job, positions, workers) if pooled else here(job, positions)
    with closing(found) as parcels:  # workers must not outlive an exception met here
        for parcel in parcels:
            for position, result in parcel:
                task = tasks[position]
                if isinstance(result, Lost):
                    results[position] = _loss(task, result)
                    continue
                answer, stamp, mark = result
                results[position] = answer
                if memory is not None and stamp is not None:
                    memory.learn(task, stamp, mark, answer)
            progress(len(parcel))
    if memory is not None:
        memory.keep()
    return results


def workers_for(jobs: int | None, items: int) -> int:
    """How many processes work on so many items, if the user wants ``jobs`` of them."""
    return min(jobs or cores(), _MOST_WORKERS * cores(), items)


def cores() -> int:
    """The cores that this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _is_worth_a_pool(tasks: Iterable[Task]) -> bool:
    size = 0
    for task in tasks:
        size += _size(task)
        if size >= _WORTH_A_POOL:
            return True
    return False


def _size(task: Task) -> int:
    try:
        return os.stat(task.file).st_size
    except OSError:
        return 0  # its reader will say what is the matter with it


@dataclass(frozen=True, slots=True)
class _Loaded:
    data: bytes
    stamp: Stamp


_Found = tuple[T, Stamp | None, bytes]
"""What became of a file, and the stamp and the mark that it is remembered by; without a stamp it
is not. A plain tuple: there is one for each file, and most come from another process."""


def _look(
    sieve: Sieve, passes_over: Sieve, task: Task
) -> _Loaded | Settled[_Found[FileError | Passed | None]]:
    """The file's bytes, unless a look at them shows that nothing is to be done."""
    try:
        data, stamp = read_stamped(task.file)
    except TooLargeError as error:
        return Settled((FileError(task.name, "too-large", str(error)), None, NOTHING))
    except OSError as error:
        return Settled((error_of(task.name, error, "read-error"), None, NOTHING))
    if is_vendored(data):
        return Settled((None, stamp, NOTHING))
    if not task.named and passes_over(data):
        return Settled((Passed(task.name, "generated"), stamp, GENERATED))
    concerned = sieve(data)
    if not concerned and (not task.named or len(data) > MOST_PARSED):
        return Settled((None, stamp, NOTHING))
    if len(data) > MOST_PARSED:
        message = too_large(len(data), MOST_PARSED, "parsed")
        return Settled((FileError(task.name, "too-large", message), None, NOTHING))
    return _Loaded(data, stamp)


def _worked_on(
    work: Work[T | FileError], mark: Callable[[bytes], bytes], task: Task, loaded: _Loaded
) -> _Found[T | FileError]:
    answer = _guarded(work, task, loaded.data)
    return answer, loaded.stamp, NOTHING if answer is None else mark(loaded.data)


def _no_mark(data: bytes) -> bytes:
    """Where nothing is remembered, nothing has to be told apart."""
    return NOTHING


def _loss(task: Task, lost: Lost) -> FileError:
    if lost.why == "died":
        return FileError(task.name, "internal-error", "the process that worked on this file died")
    most = f"{TIME_LIMIT.processor:g} seconds of work, or {TIME_LIMIT.wall:g} in all"
    return FileError(task.name, "time-out", f"not done after {most}")


def _guarded(work: Work[T | FileError], task: Task, data: bytes) -> T | FileError:
    try:
        return work(task, data)
    except Exception as error:  # a defect met in one file must not keep the others from being done
        where = traceback.extract_tb(error.__traceback__)[-1]
        said = " ".join(str(error).split())
        message = f"{type(error).__name__}: {said} ({Path(where.filename).name}:{where.lineno})"
        return FileError(task.name, "internal-error", message)
