"""What earlier runs found out, so that a file is worked on once.

A file is known by its stamp (size, times, inode), and what was found by its content, by all
settings and by this program. So a result is never older than any of them.

Kept in SQLite, which comes with Python: one file, safe when several runs use it at once, readable
after a crash. (diskcache would put the same below an interface that we need little of.) Whatever
goes wrong with it costs the memory, never the run.
"""

from __future__ import annotations

import hashlib
import io
import os
import pickle
import sqlite3
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any

import platformdirs

from codemods import __version__
from codemods.reading import Stamp

_FILE = "results.sqlite3"
_DAY = 86_400
_KEPT = 30
"""Days without use, after which a result is forgotten."""
_WAIT = 2.0
"""Seconds that another run's writing is waited for."""
# A file that has just been written can be written again without a change of its times.
_SETTLED = 2_000_000_000
_SCHEMA = """
CREATE TABLE IF NOT EXISTS seen (
    sieve BLOB, path TEXT, size INT, modified INT, changed INT, inode INT, mark BLOB, day INT,
    PRIMARY KEY (sieve, path)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS results (key BLOB PRIMARY KEY, value BLOB, day INT) WITHOUT ROWID;
"""
# What a stored result may be made of: nothing that does anything when it is read.
_SAFE = frozenset(
    {
        ("builtins", "frozenset"),
        ("pathlib", "PosixPath"),
        ("pathlib", "WindowsPath"),
        ("codemods.inventory", "Entry"),
        ("codemods.results", "Change"),
        ("codemods.results", "FileError"),
        ("codemods.results", "FileReport"),
        ("codemods.results", "SiteResult"),
        ("transforms.rule", "Primitive"),
        ("transforms.syntax.elsewhere", "ForeignUse"),
        ("transforms.syntax.elsewhere", "SharedNames"),
        ("transforms.syntax.patching", "Patch"),
        # How the standard library rebuilds frozen dataclasses with slots.
        ("copyreg", "_reconstructor"),
        ("builtins", "object"),
    }
)


@dataclass(frozen=True, slots=True)
class Seen:
    """A file as it was found: ``mark`` is what a sieve made of it, or the digest of its bytes."""

    stamp: Stamp
    mark: bytes


class Cache:
    """The store in a folder. Nothing is created before there is something to keep."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / _FILE

    def seen(self, sieve: bytes, paths: Sequence[str]) -> dict[str, Seen]:
        """What is known of files below the folder that all of ``paths`` have in common."""
        if not paths or not self._file.exists():
            return {}
        top = os.path.commonpath([os.path.dirname(path) for path in paths])
        query = (
            "SELECT path, size, modified, changed, inode, mark FROM seen"
            " WHERE sieve = ? AND path >= ? AND path < ?"
        )
        with suppress(sqlite3.Error, OSError, ValueError), self._open() as store:
            rows = store.execute(query, (sieve, _text(top), _text(top) + "\U0010ffff"))
            return {row[0]: Seen(row[1:5], row[5]) for row in rows}
        return {}

    def results(self, keys: Sequence[bytes]) -> dict[bytes, Any]:
        """The results that are known, by key."""
        found: dict[bytes, Any] = {}
        if not keys or not self._file.exists():
            return found
        with suppress(sqlite3.Error, OSError), self._open() as store:
            for start in range(0, len(keys), 500):
                some = keys[start : start + 500]
                marks = ",".join("?" * len(some))
                query = f"SELECT key, value FROM results WHERE key IN ({marks})"
                for key, value in store.execute(query, some):
                    with suppress(Exception):  # whatever a damaged value does
                        found[key] = _Unpickler(io.BytesIO(value)).load()
        return found

    def keep(
        self,
        sieve: bytes,
        seen: Mapping[str, Seen],
        results: Mapping[bytes, object],
        used: Iterable[bytes] = (),
    ) -> None:
        """Add what was found, and forget what nobody has used for a while."""
        today = int(time.time()) // _DAY
        latest = time.time_ns() - _SETTLED
        with suppress(sqlite3.Error, OSError), self._open(create=True) as store:
            store.executemany(
                "INSERT OR REPLACE INTO seen VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    (sieve, _text(path), *one.stamp, one.mark, today)
                    for path, one in seen.items()
                    if max(one.stamp[1:3]) < latest
                ),
            )
            store.executemany(
                "INSERT OR REPLACE INTO results VALUES (?, ?, ?)",
                ((key, pickle.dumps(value, 5), today) for key, value in results.items()),
            )
            store.executemany(
                "UPDATE results SET day = ? WHERE key = ? AND day < ?",
                ((today, key, today) for key in used),
            )
            store.execute("DELETE FROM results WHERE day < ?", (today - _KEPT,))
            store.execute("DELETE FROM seen WHERE day < ?", (today - _KEPT,))
            store.commit()

    def clean(self) -> bool:
        """Forget everything. False: there was nothing.

        Raises:
            OSError: it cannot be removed.
        """
        found = [Path(f"{self._file}{end}") for end in ("", "-wal", "-shm")]
        there = [file for file in found if file.exists()]
        for file in there:
            file.unlink()
        return bool(there)

    @contextmanager
    def _open(self, *, create: bool = False) -> Iterator[sqlite3.Connection]:
        if create:
            self._file.parent.mkdir(parents=True, exist_ok=True)
        try:
            with closing(sqlite3.connect(self._file, timeout=_WAIT)) as store:
                store.execute("PRAGMA journal_mode = WAL")
                store.execute("PRAGMA synchronous = OFF")  # a lost result is found again
                store.executescript(_SCHEMA)
                yield store
        except sqlite3.OperationalError:
            raise  # locked, or not ours to write: the next run may have more luck
        except sqlite3.DatabaseError:
            with suppress(OSError):
                self.clean()  # damaged
            raise


def default_folder() -> Path | None:
    """The user's cache folder; None if nobody knows where that is."""
    try:
        folder = platformdirs.user_cache_path("codemods", appauthor=False)
    except RuntimeError:  # no home
        return None
    return folder if folder.is_absolute() else None


def chosen_cache(no_cache: bool) -> Cache | None:
    """The user's cache, unless it is to be left alone, or has no place."""
    folder = None if no_cache else default_folder()
    return None if folder is None else Cache(folder)


def digest(*parts: object) -> bytes:
    """One digest of values of any depth: the same for equal ones in any process."""
    found = hashlib.blake2b(digest_size=16)
    for part in parts:
        found.update(b"\0" + _canonical(part))
    return found.digest()


@cache
def program() -> bytes:
    """What tells this program from any other: its version, its files as they are, its Python."""
    files: list[object] = []
    for package in ("codemods", "transforms"):
        top = Path(__file__).parents[1] / package
        for folder, _, names in os.walk(top):
            for name in sorted(names):
                if name.endswith(".py"):
                    state = os.stat(os.path.join(folder, name))
                    files.append((folder, name, state.st_size, state.st_mtime_ns))
    return digest(__version__, sys.version, sorted(map(str, files)))


def _canonical(value: object) -> bytes:
    match value:
        case None | bool() | int() | float() | str() | Path():
            return f"{type(value).__name__}:{value}".encode("utf-8", "surrogatepass")
        case bytes():
            return b"bytes:" + value
        case tuple() | list():
            return b"(" + b",".join(map(_canonical, value)) + b")"
        case frozenset() | set():
            return b"{" + b",".join(sorted(map(_canonical, value))) + b"}"
        case dict():
            return b"<" + b",".join(sorted(map(_canonical, value.items()))) + b">"
    if callable(getattr(value, "find", None)) and hasattr(value, "code"):
        return _canonical(value.code)  # a rule: its code belongs to the program
    if is_dataclass(value):
        parts = [(one.name, getattr(value, one.name)) for one in fields(value)]
        return type(value).__name__.encode() + _canonical(parts)
    raise TypeError(f"no digest of {type(value).__name__}")


def _text(path: str) -> str:
    # Names of files need not be valid Unicode; SQLite's texts must.
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


class _Unpickler(pickle.Unpickler):
    def find_class(self, module_name: str, global_name: str) -> Any:
        if (module_name, global_name) not in _SAFE:
            raise pickle.UnpicklingError(f"{module_name}.{global_name}")
        return super().find_class(module_name, global_name)
