"""What each run replaced, kept so that it can be taken back.

A run is recorded, with all that it is about to replace, before its first file is touched. The
records lie in the user's state folder, not in the project: there they are in nobody's way, cannot
be committed, and outlive `git clean`. The store is SQLite: what it has committed is on the disk,
whatever happens next, and several processes may use it at once.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import socket
import sqlite3
import time
import zlib
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import platformdirs

from codemods.errors import UserError
from codemods.results import Change

KEPT_RUNS = 50
KEPT_DAYS = 30
_WAIT = 30.0  # seconds for another process to be done with the store
_VERSION = 1
_SCHEMA = """
CREATE TABLE run (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    project BLOB NOT NULL,
    started REAL NOT NULL,
    mark TEXT NOT NULL,
    state TEXT NOT NULL,
    host TEXT NOT NULL,
    process INTEGER NOT NULL
);
CREATE TABLE file (
    run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
    path BLOB NOT NULL,
    before BLOB,
    after TEXT NOT NULL,
    PRIMARY KEY (run, path)
);
"""
_RUNS = """
SELECT number, project, started, mark, state, host, process,
       (SELECT count(*) FROM file WHERE run = number)
FROM run ORDER BY number DESC
"""

State = Literal["open", "finished", "undone"]


class JournalError(UserError):
    """The store cannot be read or written."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a run."""

    path: Path
    """Absolute, links resolved."""
    before: bytes | None
    """None: the run made the file."""
    after: str
    """What `digest` gives for the bytes that the run wrote."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run that replaced files, or was about to."""

    number: int
    project: Path
    started: float
    """Seconds since the epoch."""
    mark: str
    """Part of the names of its temporary files."""
    state: State
    host: str
    process: int
    files: int

    @property
    def interrupted(self) -> bool:
        """Whether it ended without a word: killed, or the machine stopped."""
        return self.state == "open" and not self.running

    @property
    def running(self) -> bool:
        """Whether it may still be at work."""
        return self.state == "open" and (self.host != socket.gethostname() or _lives(self.process))


def digest(data: bytes) -> str:
    """What tells one content from another."""
    return hashlib.sha256(data).hexdigest()


def default_folder() -> Path:
    """The user's state folder.

    Raises:
        JournalError: nobody knows where that is.
    """
    try:
        folder = platformdirs.user_state_path("codemods", appauthor=False)
    except RuntimeError as error:  # no home
        raise JournalError(f"no folder for the journal: {error}") from error
    if not folder.is_absolute():
        raise JournalError(f"no folder for the journal: {folder} is not absolute")
    return folder


def project_of(folder: Path) -> Path:
    """The repository that a folder is in, else the nearest one with a pyproject.toml, else it."""
    above = [folder, *folder.parents]
    for mark in (".git", "pyproject.toml"):
        for one in above:
            if (one / mark).exists():
                return one
    return folder


class Journal:
    """The runs that can be taken back. Every method may raise ``JournalError``.

    Args:
        folder: where it lies; None: in the user's state folder.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._given = folder

    @property
    def _folder(self) -> Path:
        return default_folder() if self._given is None else self._given

    def begin(self, project: Path, changes: Sequence[Change]) -> Run:
        """Record a run before its first file is touched; forget those that are long gone."""
        mark, now, host = secrets.token_hex(8), time.time(), socket.gethostname()
        with self._open() as store:
            _prune(store, now)
            row = (os.fsencode(project), now, mark, "open", host, os.getpid())
            columns = "project, started, mark, state, host, process"
            number = store.execute(
                f"INSERT INTO run ({columns}) VALUES (?, ?, ?, ?, ?, ?)", row
            ).lastrowid
            assert number is not None
            store.executemany(
                "INSERT INTO file VALUES (?, ?, ?, ?)",
                ((number, *_packed(change)) for change in changes),
            )
        return Run(number, project, now, mark, "open", host, os.getpid(), len(changes))

    def keep(self, run: Run, done: Sequence[Change]) -> None:
        """Say that a run has ended, and which files it replaced; one that did none is forgotten."""
        with self._open() as store:
            if not done:
                store.execute("DELETE FROM run WHERE number = ?", (run.number,))
                return
            store.execute("CREATE TEMP TABLE kept (path BLOB PRIMARY KEY)")
            store.executemany("INSERT INTO kept VALUES (?)", ((_key(each.path),) for each in done))
            others = "run = ? AND path NOT IN (SELECT path FROM kept)"
            store.execute(f"DELETE FROM file WHERE {others}", (run.number,))
            store.execute("UPDATE run SET state = 'finished' WHERE number = ?", (run.number,))

    def undone(self, run: Run) -> None:
        """Say that a run was taken back."""
        with self._open() as store:
            store.execute("UPDATE run SET state = 'undone' WHERE number = ?", (run.number,))

    def runs(self, project: Path | None = None) -> list[Run]:
        """The runs, the newest first.

        Args:
            project: only those that were made in it.
        """
        with self._open() as store:
            rows = store.execute(_RUNS).fetchall()
        found = [Run(row[0], Path(os.fsdecode(row[1])), *row[2:]) for row in rows]
        return [run for run in found if project is None or run.project == project]

    def entries(self, run: Run) -> list[Entry]:
        """The files of a run, by path."""
        with self._open() as store:
            rows = store.execute(
                "SELECT path, before, after FROM file WHERE run = ? ORDER BY path", (run.number,)
            ).fetchall()
        try:
            return [_unpacked(*row) for row in rows]
        except zlib.error as error:
            raise self._error(error) from error

    def writer_of(self, path: Path, after: str) -> int | None:
        """The number of the last run that gave a file this content."""
        with self._open() as store:
            [number] = store.execute(
                "SELECT max(run) FROM file WHERE path = ? AND after = ?", (_key(path), after)
            ).fetchone()
        return None if number is None else int(number)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it is on the disk afterwards, or nothing."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            store = sqlite3.connect(self._folder / "journal.sqlite3", timeout=_WAIT)
            with closing(store), store:
                store.isolation_level = None
                store.execute("PRAGMA foreign_keys = ON")
                store.execute("PRAGMA synchronous = EXTRA")
                store.execute("BEGIN IMMEDIATE")
                self._prepare(store)
                yield store
        except (OSError, sqlite3.Error) as error:
            raise self._error(error) from error

    def _prepare(self, store: sqlite3.Connection) -> None:
        [version] = store.execute("PRAGMA user_version").fetchone()
        if version == 0:
            for statement in _SCHEMA.split(";"):
                store.execute(statement)
            store.execute(f"PRAGMA user_version = {_VERSION}")
        elif version != _VERSION:
            raise JournalError(f"{self._folder}: the journal of another version of codemods")

    def _error(self, error: Exception) -> JournalError:
        why = getattr(error, "strerror", None) or str(error)
        return JournalError(f"cannot use the journal in {self._folder}: {why}")


def _packed(change: Change) -> tuple[bytes, bytes | None, str]:
    before = None if change.before is None else zlib.compress(change.before)
    return _key(change.path), before, digest(change.after)


def _key(path: Path) -> bytes:
    return os.fsencode(os.path.realpath(path))


def _unpacked(path: bytes, before: bytes | None, after: str) -> Entry:
    content = None if before is None else zlib.decompress(before)
    return Entry(Path(os.fsdecode(path)), content, after)


def _prune(store: sqlite3.Connection, now: float) -> None:
    store.execute("DELETE FROM run WHERE started < ?", (now - KEPT_DAYS * 86400,))
    newest = "SELECT number FROM run ORDER BY number DESC LIMIT ?"
    # One less than are kept: another is about to be added.
    store.execute(f"DELETE FROM run WHERE number NOT IN ({newest})", (KEPT_RUNS - 1,))


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
