"""The SQLite file: its schema, how to open it, how to dump it.

Tables are ``WITHOUT ROWID`` and keyed by what they describe, so a dump lists rows by key and not
by the order in which concurrent work happened to finish.
"""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import aiosqlite

SCHEMA_VERSION = 3

SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS files (
    path    TEXT PRIMARY KEY,
    course  TEXT NOT NULL,
    lecture INTEGER NOT NULL,
    title   TEXT NOT NULL,
    sha256  TEXT NOT NULL,
    size    INTEGER NOT NULL,
    missing INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS files_by_course ON files (course, lecture);

CREATE TABLE IF NOT EXISTS transcripts (
    path  TEXT PRIMARY KEY REFERENCES files (path) ON DELETE CASCADE,
    text  TEXT NOT NULL,
    words INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS lecture_metadata (
    path       TEXT PRIMARY KEY REFERENCES files (path) ON DELETE CASCADE,
    sha256     TEXT NOT NULL,
    summary    TEXT NOT NULL,
    topics     TEXT NOT NULL,
    difficulty TEXT NOT NULL,
    confidence REAL NOT NULL,
    strategy   TEXT NOT NULL,
    source     TEXT NOT NULL CHECK (source IN ('batch', 'direct'))
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS extraction_failures (
    path    TEXT NOT NULL REFERENCES files (path) ON DELETE CASCADE,
    source  TEXT NOT NULL,
    message TEXT NOT NULL,
    PRIMARY KEY (path, source)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS batch_jobs (
    name      TEXT PRIMARY KEY,
    remote_id TEXT,
    state     TEXT NOT NULL,
    requested INTEGER NOT NULL,
    succeeded INTEGER NOT NULL DEFAULT 0,
    failed    INTEGER NOT NULL DEFAULT 0,
    error     TEXT
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS checkpoints (
    run_key  TEXT PRIMARY KEY,
    state    TEXT NOT NULL,
    strategy TEXT,
    payload  TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS uploads (
    path      TEXT PRIMARY KEY REFERENCES files (path) ON DELETE CASCADE,
    state     TEXT NOT NULL DEFAULT 'pending',
    version   INTEGER NOT NULL DEFAULT 0,
    attempts  INTEGER NOT NULL DEFAULT 0,
    remote_id TEXT,
    operation TEXT,
    error     TEXT
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS upload_events (
    path       TEXT NOT NULL,
    version    INTEGER NOT NULL,
    from_state TEXT NOT NULL,
    to_state   TEXT NOT NULL,
    PRIMARY KEY (path, version)
) WITHOUT ROWID;

CREATE TRIGGER IF NOT EXISTS uploads_history AFTER UPDATE OF state ON uploads
BEGIN
    INSERT INTO upload_events (path, version, from_state, to_state)
    VALUES (NEW.path, NEW.version, OLD.state, NEW.state);
END;

CREATE TABLE IF NOT EXISTS sessions (
    name   TEXT PRIMARY KEY,
    closed INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS session_events (
    session TEXT NOT NULL REFERENCES sessions (name) ON DELETE CASCADE,
    seq     INTEGER NOT NULL,
    kind    TEXT NOT NULL,
    payload TEXT NOT NULL,
    PRIMARY KEY (session, seq)
) WITHOUT ROWID;
"""


def init_db(path: Path | str) -> None:
    """Create the file and its tables; harmless when they are there already."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    with connect(path) as conn:
        conn.execute("PRAGMA journal_mode = WAL")
        conn.executescript(SCHEMA)
        conn.execute(
            "INSERT INTO meta (key, value) VALUES ('schema_version', ?)"
            " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            (str(SCHEMA_VERSION),),
        )


@contextmanager
def connect(path: Path | str) -> Iterator[sqlite3.Connection]:
    """Open a blocking connection; commit when the block ends well, close in any case."""
    conn = sqlite3.connect(path, timeout=10.0)
    try:
        conn.row_factory = sqlite3.Row
        conn.execute("PRAGMA foreign_keys = ON")
        # Enough with a write-ahead log: a power cut may cost the last commit, never the file.
        conn.execute("PRAGMA synchronous = NORMAL")
        with conn:
            yield conn
    finally:
        conn.close()


@asynccontextmanager
async def open_async(path: Path | str) -> AsyncIterator[aiosqlite.Connection]:
    """Open the connection that a pipeline shares among its coroutines.

    It is in autocommit mode: each statement stands for itself, so that no coroutine can commit
    or roll back half of another one's work.
    """
    async with aiosqlite.connect(path, timeout=10.0, isolation_level=None) as conn:
        conn.row_factory = aiosqlite.Row
        await conn.execute("PRAGMA foreign_keys = ON")
        await conn.execute("PRAGMA synchronous = NORMAL")
        yield conn


def dump(path: Path | str) -> Iterator[str]:
    """Yield the database as SQL text, rows in key order."""
    with connect(path) as conn:
        conn.row_factory = None
        yield from conn.iterdump()
