"""The ``uploads`` table: one row a file, moved from state to state.

A row carries a ``version`` that every transition increments, and a transition names the version
it was decided on. Whoever comes second gets an ``OCCConflictError`` and has to look again.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from enum import StrEnum

import aiosqlite

from objlib.errors import ObjlibError, OCCConflictError
from objlib.upload._operators import PENDING, TryAgain, last_value_from, occ_transition

logger = logging.getLogger(__name__)


class UploadState(StrEnum):
    """Where a file is on its way into the store."""

    PENDING = "pending"
    UPLOADING = "uploading"
    INDEXING = "indexing"
    READY = "ready"
    FAILED = "failed"


ALLOWED: dict[UploadState, frozenset[UploadState]] = {
    UploadState.PENDING: frozenset({UploadState.UPLOADING, UploadState.FAILED}),
    UploadState.UPLOADING: frozenset(
        {UploadState.INDEXING, UploadState.FAILED, UploadState.PENDING}
    ),
    UploadState.INDEXING: frozenset({UploadState.READY, UploadState.FAILED, UploadState.PENDING}),
    UploadState.READY: frozenset({UploadState.PENDING}),
    UploadState.FAILED: frozenset({UploadState.PENDING}),
}


class InvalidTransitionError(ObjlibError):
    """There is no such way through the states."""


@dataclass(frozen=True, slots=True)
class UploadRow:
    """A row as it was when we read it."""

    path: str
    state: UploadState
    version: int
    attempts: int = 0
    remote_id: str | None = None
    operation: str | None = None
    error: str | None = None


class AsyncUploadStateManager:
    """Reads and moves rows, on a connection that its callers share."""

    def __init__(self, conn: aiosqlite.Connection, *, occ_backoff: float = 0.01) -> None:
        self._conn = conn
        self._occ_backoff = occ_backoff

    async def enqueue_new(self) -> int:
        """Add a pending row for each file that has none; returns how many."""
        cursor = await self._conn.execute(
            "INSERT INTO uploads (path)"
            " SELECT path FROM files WHERE missing = 0 AND path NOT IN (SELECT path FROM uploads)"
        )
        return cursor.rowcount

    async def get(self, path: str) -> UploadRow:
        """Read one row."""
        async with self._conn.execute("SELECT * FROM uploads WHERE path = ?", (path,)) as cursor:
            row = await cursor.fetchone()
        if row is None:
            raise ObjlibError(f"{path}: not queued for upload")
        return _as_row(row)

    async def in_state(self, *states: UploadState, limit: int | None = None) -> list[UploadRow]:
        """Rows in any of ``states``, by path."""
        marks = ", ".join("?" for _ in states)
        async with self._conn.execute(
            f"SELECT * FROM uploads WHERE state IN ({marks}) ORDER BY path LIMIT ?",
            (*states, -1 if limit is None else limit),
        ) as cursor:
            return [_as_row(row) async for row in cursor]

    async def counts(self) -> dict[str, int]:
        """How many rows there are in each state."""
        async with self._conn.execute(
            "SELECT state, count(*) AS rows FROM uploads GROUP BY state ORDER BY state"
        ) as cursor:
            return {row["state"]: row["rows"] async for row in cursor}

    async def transition(
        self,
        row: UploadRow,
        to: UploadState,
        *,
        attempts: int | None = None,
        remote_id: str | None = None,
        operation: str | None = None,
        error: str | None = None,
    ) -> UploadRow:
        """Move a row, provided that it still is as ``row`` says; returns it as it is now.

        Raises:
            InvalidTransitionError: there is no way from the row's state to ``to``.
            OCCConflictError: somebody else moved the row since it was read.
        """
        if to not in ALLOWED[row.state]:
            raise InvalidTransitionError(f"{row.path}: cannot go from {row.state} to {to}")
        # RETURNING, because a second query might already see what somebody else made of the row.
        moved = await self._conn.execute_fetchall(
            "UPDATE uploads SET state = ?, version = version + 1, attempts = ?,"
            " remote_id = coalesce(?, remote_id), operation = coalesce(?, operation), error = ?"
            " WHERE path = ? AND version = ? RETURNING *",
            (
                to.value,
                row.attempts if attempts is None else attempts,
                remote_id,
                operation,
                error,
                row.path,
                row.version,
            ),
        )
        for after in moved:
            logger.debug("%s: %s -> %s (version %d)", row.path, row.state, to, after["version"])
            return _as_row(after)
        raise OCCConflictError(row.path, row.version)

    async def mark_failed(self, path: str, error: str) -> UploadRow:
        """Move a row to failed, whatever it takes: losing the reason would be worse."""
        delay = self._occ_backoff

        async def transition() -> UploadRow:
            row = await self.get(path)
            if row.state is UploadState.FAILED:
                return row
            try:
                return await self.transition(row, UploadState.FAILED, error=error)
            except OCCConflictError as exc:
                raise TryAgain from exc

        def backoff(n: int, _: OCCConflictError) -> float:
            nonlocal delay
            if n:
                delay = min(delay * 2, 1.0)
            logger.debug("%s: lost a race, again in %.3fs", path, delay)
            return delay

        return await last_value_from(
            occ_transition(transition, max_attempts=None, conflict=TryAgain, backoff=backoff)
        )

    async def reset(self, path: str, *, attempts: int = 5) -> UploadRow:
        """Put a row back in the queue, unless others keep moving it.

        Raises:
            OCCConflictError: lost the race ``attempts`` times.
        """
        last: OCCConflictError | None = None

        async def transition() -> UploadRow:
            row = await self.get(path)
            if row.state is UploadState.PENDING:
                return row
            try:
                return await self.transition(row, UploadState.PENDING)
            except OCCConflictError as exc:
                raise TryAgain from exc

        def backoff(attempt: int, exc: OCCConflictError) -> float:
            nonlocal last
            last = exc
            return self._occ_backoff * (attempt + 1)

        result = await last_value_from(
            occ_transition(
                transition,
                max_attempts=attempts,
                conflict=TryAgain,
                backoff=backoff,
                exhausted=PENDING,
            )
        )
        if result is not PENDING:
            return result
        assert last is not None
        raise last

    async def delete(self, path: str) -> None:
        """Forget about a file."""
        await self._conn.execute("DELETE FROM uploads WHERE path = ?", (path,))


def _as_row(row: aiosqlite.Row) -> UploadRow:
    return UploadRow(
        path=row["path"],
        state=UploadState(row["state"]),
        version=row["version"],
        attempts=row["attempts"],
        remote_id=row["remote_id"],
        operation=row["operation"],
        error=row["error"],
    )
