"""One question that is put to many files, and the answers that are known from earlier runs."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from codemods.cache import Cache, Seen, digest, program
from codemods.reading import Stamp, read_bytes, stamp_of
from codemods.results import FileError, FileReport, Passed

if TYPE_CHECKING:
    from codemods.runner import Task

NOTHING = b""
"""The mark of a file in which there is nothing to see."""
GENERATED = b"generated"
# What follows from a file's bytes. Anything else may be different the next time.
_LASTING = frozenset({"syntax-error", "encoding-error", "too-deep"})


def mark_of(data: bytes) -> bytes:
    """What a file is known by that has to be worked on."""
    return hashlib.blake2b(data, digest_size=16).digest()


@dataclass(slots=True)
class Memory:
    """Answers to one question. ``sieve`` says which files it concerns at all, and ``question``
    what is asked: both are digests of all that the answer depends on, besides the files."""

    cache: Cache
    sieve: bytes
    question: bytes
    _seen: dict[str, Seen] = field(default_factory=dict)
    _results: dict[bytes, object] = field(default_factory=dict)
    _used: list[bytes] = field(default_factory=list)

    @classmethod
    def of(cls, cache: Cache | None, sieve: object, question: object) -> Memory | None:
        """The memory for ``question``, asked of what passes ``sieve``; None without a cache."""
        if cache is None:
            return None
        return cls(cache, digest(program(), sieve), digest(program(), question))

    def recall(self, tasks: Sequence[Task]) -> dict[int, Any]:
        """The answers that are known, by the positions of their tasks."""
        paths = [task.file for task in tasks]
        known = self.cache.seen(self.sieve, paths)
        answers: dict[int, Any] = {}
        keys: dict[int, bytes] = {}
        if not known:
            return answers
        for position, (task, path) in enumerate(zip(tasks, paths, strict=True)):
            seen = known.get(path)
            if seen is None or seen.stamp != _stamp(path):
                continue
            if len(seen.mark) == 16:
                keys[position] = self._key(task, seen.mark)
            elif not task.named:
                passed = seen.mark == GENERATED
                answers[position] = Passed(task.name, "generated") if passed else None
        found = self.cache.results(list(keys.values()))
        for position, key in keys.items():
            answer = found.get(key)
            if isinstance(answer, FileReport) and answer.change is not None:
                answer = _with_bytes(answer, known[paths[position]].mark)
            if answer is not None:
                answers[position] = answer
                self._used.append(key)
        return answers

    def learn(self, task: Task, stamp: Stamp, mark: bytes, answer: object) -> None:
        """Note what was found; kept with all else by ``keep``."""
        if isinstance(answer, FileError) and answer.kind not in _LASTING:
            return
        if len(mark) == 16:
            if isinstance(answer, FileReport) and answer.change is not None:
                answer = replace(answer, change=replace(answer.change, before=None))
            self._results[self._key(task, mark)] = answer
        elif task.named:
            return
        self._seen[task.file] = Seen(stamp, mark)

    def keep(self) -> None:
        """Write down what was learned."""
        if self._seen or self._results:
            self.cache.keep(self.sieve, self._seen, self._results, self._used)

    def _key(self, task: Task, mark: bytes) -> bytes:
        own = (task.file, task.name, task.operators_module, task.tier, task.named)
        return digest(self.question, mark, own)


def _stamp(path: str) -> Stamp | None:
    try:
        return stamp_of(os.stat(path))
    except (OSError, ValueError):
        return None


def _with_bytes(report: FileReport, mark: bytes) -> FileReport | None:
    """The report with the bytes that are to be replaced; None if these are others by now."""
    assert report.change is not None
    try:
        data = read_bytes(report.change.path)
    except OSError:
        return None
    if mark_of(data) != mark:
        return None
    return replace(report, change=replace(report.change, before=data))
