"""Search sessions: what somebody asked, and what they were shown."""

from __future__ import annotations

import json
import logging
import sqlite3
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import reactivex as rx

from objlib.db import connect
from objlib.errors import SessionExistsError, SessionNotFoundError
from objlib.upload._operators import in_thread, last_value_from

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Session:
    """A named series of searches."""

    name: str
    closed: bool
    events: int


@dataclass(frozen=True, slots=True)
class SessionEvent:
    """One thing that happened in a session."""

    seq: int
    kind: str
    payload: dict[str, Any]


class SessionService:
    """Keeps search sessions in the database."""

    def __init__(self, db_path: Path | str) -> None:
        self._db_path = db_path

    async def create(self, name: str) -> None:
        """Start a session.

        Raises:
            SessionExistsError: there is one of that name.
        """
        try:
            await last_value_from(rx.from_callable(partial(self._insert, name)).pipe(in_thread()))
        except sqlite3.IntegrityError:
            raise SessionExistsError(f"there is a session {name!r} already") from None
        logger.info("session %s created", name)

    async def add_event(self, name: str, kind: str, **payload: Any) -> int:
        """Append an event to an open session; returns its number."""
        return await last_value_from(
            rx.from_callable(partial(self._append, name, kind, payload=payload)).pipe(in_thread())
        )

    async def events(self, name: str) -> list[SessionEvent]:
        """What happened in a session, in order."""

        def query() -> list[SessionEvent]:
            with connect(self._db_path) as conn:
                rows = conn.execute(
                    "SELECT seq, kind, payload FROM session_events WHERE session = ? ORDER BY seq",
                    (name,),
                ).fetchall()
            return [SessionEvent(r["seq"], r["kind"], json.loads(r["payload"])) for r in rows]

        return await last_value_from(rx.from_callable(query).pipe(in_thread()))

    async def sessions(self, *, include_closed: bool = True) -> list[Session]:
        """All sessions, by name."""

        def query() -> list[sqlite3.Row]:
            with connect(self._db_path) as conn:
                return conn.execute(
                    "SELECT s.name, s.closed, count(e.seq) AS events FROM sessions AS s"
                    " LEFT JOIN session_events AS e ON e.session = s.name"
                    " WHERE s.closed = 0 OR ? GROUP BY s.name ORDER BY s.name",
                    (include_closed,),
                ).fetchall()

        rows = await last_value_from(rx.from_callable(query).pipe(in_thread()))
        return [Session(row["name"], bool(row["closed"]), row["events"]) for row in rows]

    async def close(self, name: str) -> None:
        """Close a session; nothing can be appended to it any more."""

        def update() -> int:
            with connect(self._db_path) as conn:
                cursor = conn.execute("UPDATE sessions SET closed = 1 WHERE name = ?", (name,))
                return cursor.rowcount

        if not await last_value_from(rx.from_callable(update).pipe(in_thread())):
            raise SessionNotFoundError(f"there is no session {name!r}")

    def _insert(self, name: str) -> None:
        with connect(self._db_path) as conn:
            conn.execute("INSERT INTO sessions (name) VALUES (?)", (name,))

    def _append(self, name: str, kind: str, *, payload: dict[str, Any]) -> int:
        with connect(self._db_path) as conn:
            conn.execute("BEGIN IMMEDIATE")
            row = conn.execute(
                "SELECT count(e.seq) + 1 AS next FROM sessions AS s"
                " LEFT JOIN session_events AS e ON e.session = s.name"
                " WHERE s.name = ? AND s.closed = 0 GROUP BY s.name",
                (name,),
            ).fetchone()
            if row is None:
                raise SessionNotFoundError(f"there is no open session {name!r}")
            conn.execute(
                "INSERT INTO session_events (session, seq, kind, payload) VALUES (?, ?, ?, ?)",
                (name, row["next"], kind, json.dumps(payload, sort_keys=True)),
            )
            return int(row["next"])
