"""What the extraction pipelines read from and write to the database."""

from __future__ import annotations

import json
from typing import Any

import aiosqlite
import httpx

from objlib.errors import ObjlibError
from objlib.models import LectureFile, LectureMetadata

_PENDING = """
SELECT f.path, f.course, f.lecture, f.title, f.sha256, f.size
  FROM files AS f
  LEFT JOIN lecture_metadata AS m ON m.path = f.path AND m.sha256 = f.sha256
 WHERE f.missing = 0 AND m.path IS NULL
 ORDER BY f.path
 LIMIT ?
"""


class ExtractionStore:
    """Queries of the extraction pipelines, on the connection they share."""

    def __init__(self, conn: aiosqlite.Connection) -> None:
        self._conn = conn

    async def pending(self, limit: int | None) -> list[LectureFile]:
        """Files without metadata for their present content, by path."""
        async with self._conn.execute(_PENDING, (-1 if limit is None else limit,)) as cursor:
            return [LectureFile(**dict(row)) async for row in cursor]

    async def transcript(self, path: str) -> str:
        """The text of one lecture."""
        async with self._conn.execute(
            "SELECT text FROM transcripts WHERE path = ?", (path,)
        ) as cursor:
            row = await cursor.fetchone()
        if row is None:
            raise ObjlibError(f"{path}: no transcript, run scan again")
        return str(row["text"])

    async def save_metadata(
        self, file: LectureFile, metadata: LectureMetadata, *, strategy: str, source: str
    ) -> None:
        """Keep what was extracted, and forget that it ever failed."""
        await self._conn.execute(
            "INSERT OR REPLACE INTO lecture_metadata"
            " (path, sha256, summary, topics, difficulty, confidence, strategy, source)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                file.path,
                file.sha256,
                metadata.summary,
                json.dumps(metadata.topics),
                metadata.difficulty,
                round(metadata.confidence, 4),
                strategy,
                source,
            ),
        )
        await self._conn.execute("DELETE FROM extraction_failures WHERE path = ?", (file.path,))

    async def save_failure(self, file: LectureFile, error: BaseException, *, source: str) -> None:
        """Remember why a file has no metadata."""
        await self._conn.execute(
            "INSERT OR REPLACE INTO extraction_failures (path, source, message) VALUES (?, ?, ?)",
            (file.path, source, describe(error)),
        )

    async def save_job(self, name: str, *, requested: int, state: str, **values: Any) -> None:
        """Insert or update the row of a batch job."""
        await self._conn.execute(
            "INSERT INTO batch_jobs (name, remote_id, state, requested, succeeded, failed, error)"
            " VALUES (:name, :remote_id, :state, :requested, :succeeded, :failed, :error)"
            " ON CONFLICT (name) DO UPDATE SET"
            " remote_id = coalesce(excluded.remote_id, remote_id), state = excluded.state,"
            " succeeded = excluded.succeeded, failed = excluded.failed, error = excluded.error",
            {
                "name": name,
                "remote_id": values.get("remote_id"),
                "state": state,
                "requested": requested,
                "succeeded": values.get("succeeded", 0),
                "failed": values.get("failed", 0),
                "error": values.get("error"),
            },
        )

    async def save_checkpoint(
        self, run_key: str, *, state: str, strategy: str | None, payload: dict[str, Any]
    ) -> None:
        """Write down how far a run of the direct pipeline got."""
        await self._conn.execute(
            "INSERT OR REPLACE INTO checkpoints (run_key, state, strategy, payload)"
            " VALUES (?, ?, ?, ?)",
            (run_key, state, strategy, json.dumps(payload, sort_keys=True)),
        )

    async def checkpoint(self, run_key: str) -> dict[str, Any] | None:
        """The checkpoint of a run, if it left one."""
        async with self._conn.execute(
            "SELECT state, strategy, payload FROM checkpoints WHERE run_key = ?", (run_key,)
        ) as cursor:
            row = await cursor.fetchone()
        if row is None:
            return None
        return {
            "state": row["state"],
            "strategy": row["strategy"],
            "payload": json.loads(row["payload"]),
        }


def describe(error: BaseException) -> str:
    """A message fit for a database row: no URL, no address, the same on every run."""
    if isinstance(error, httpx.HTTPError):
        return f"connection trouble ({type(error).__name__})"
    return str(error) or type(error).__name__
