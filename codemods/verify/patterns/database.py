"""Real SQLite files for the patterns. (Each ``:memory:`` connection would be a database.)"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path

import aiosqlite

from codemods.verify.patterns.examine import expect

_PATIENCE = 10.0
"""Seconds that a connection waits for another one's lock."""


@contextmanager
def new_database(schema: str) -> Iterator[Path]:
    """A file with ``schema``, gone afterwards; nobody may have left a lock on it."""
    with tempfile.TemporaryDirectory(prefix="codemods-harness-") as folder:
        path = Path(folder, "database.sqlite3")
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(schema)
        yield path
        expect(is_free(path), "a connection still holds a lock")


@asynccontextmanager
async def connected(path: Path) -> AsyncIterator[aiosqlite.Connection]:
    """A connection on which each statement is a transaction."""
    connection = await aiosqlite.connect(path, timeout=_PATIENCE, isolation_level=None)
    try:
        yield connection
    finally:
        await connection.close()


def is_free(path: Path) -> bool:
    """Whether nobody holds a lock."""
    with closing(sqlite3.connect(path, timeout=0.5, isolation_level=None)) as connection:
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError:
            return False
        connection.execute("ROLLBACK")
        return True


def ask(path: Path, query: str) -> list[tuple[int, ...]]:
    """What the file holds, seen by a connection of its own."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()
