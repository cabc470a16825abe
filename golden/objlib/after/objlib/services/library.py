"""What is in the library: courses, lectures, their metadata.

SQLite's own module blocks, and its connections belong to the thread that opened them, so every
query opens its connection inside the thread that runs it.
"""

from __future__ import annotations

import json
import logging
import sqlite3
from dataclasses import dataclass
from pathlib import Path

import reactivex as rx

from objlib.db import connect
from objlib.models import LectureFile, LectureMetadata
from objlib.upload._operators import in_thread, last_value_from

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CourseSummary:
    """A course and how far it is worked through."""

    name: str
    lectures: int
    words: int
    with_metadata: int


@dataclass(frozen=True, slots=True)
class LibraryStats:
    """The library in numbers."""

    files: int
    missing: int
    words: int
    with_metadata: int
    uploaded: int
    failures: int


class LibraryService:
    """Read access to the library for the command line and the text interface."""

    def __init__(self, db_path: Path | str) -> None:
        self._db_path = db_path

    async def courses(self) -> list[CourseSummary]:
        """All courses, by name."""

        def query() -> list[CourseSummary]:
            with connect(self._db_path) as conn:
                rows = conn.execute(
                    "SELECT f.course AS name, count(*) AS lectures,"
                    " coalesce(sum(t.words), 0) AS words, count(m.path) AS with_metadata"
                    " FROM files AS f"
                    " LEFT JOIN transcripts AS t USING (path)"
                    " LEFT JOIN lecture_metadata AS m USING (path)"
                    " WHERE f.missing = 0 GROUP BY f.course ORDER BY f.course"
                ).fetchall()
                return [CourseSummary(**dict(row)) for row in rows]

        return await last_value_from(rx.from_callable(query).pipe(in_thread()))

    async def lectures(self, course: str | None = None) -> list[LectureFile]:
        """The lectures of one course, or of all of them."""

        def query() -> list[LectureFile]:
            sql = "SELECT path, course, lecture, title, sha256, size FROM files WHERE missing = 0"
            params: tuple[str, ...] = ()
            if course is not None:
                sql += " AND course = ?"
                params = (course,)
            with connect(self._db_path) as conn:
                rows = conn.execute(sql + " ORDER BY course, lecture", params).fetchall()
            return [LectureFile(**dict(row)) for row in rows]

        lectures = await last_value_from(rx.from_callable(query).pipe(in_thread()))
        logger.debug("%d lectures in %s", len(lectures), course or "the library")
        return lectures

    async def lecture(self, path: str) -> LectureFile | None:
        """One lecture, or ``None`` if the library has no such file."""

        def query() -> LectureFile | None:
            with connect(self._db_path) as conn:
                row = conn.execute(
                    "SELECT path, course, lecture, title, sha256, size FROM files WHERE path = ?",
                    (path,),
                ).fetchone()
            return LectureFile(**dict(row)) if row else None

        return await last_value_from(rx.from_callable(query).pipe(in_thread()))

    async def metadata(self, path: str) -> LectureMetadata | None:
        """What was extracted for a lecture."""

        def query() -> sqlite3.Row | None:
            with connect(self._db_path) as conn:
                row: sqlite3.Row | None = conn.execute(
                    "SELECT summary, topics, difficulty, confidence"
                    " FROM lecture_metadata WHERE path = ?",
                    (path,),
                ).fetchone()
                return row

        row = await last_value_from(rx.from_callable(query).pipe(in_thread()))
        if row is None:
            return None
        return LectureMetadata(
            summary=row["summary"],
            topics=tuple(json.loads(row["topics"])),
            difficulty=row["difficulty"],
            confidence=row["confidence"],
        )

    async def transcript(self, path: str) -> str | None:
        """The text of a lecture."""

        def query() -> str | None:
            with connect(self._db_path) as conn:
                row = conn.execute(
                    "SELECT text FROM transcripts WHERE path = ?", (path,)
                ).fetchone()
            return None if row is None else str(row["text"])

        return await last_value_from(rx.from_callable(query).pipe(in_thread()))

    async def topics(self, *, top: int = 10) -> list[tuple[str, int]]:
        """The most frequent topics and in how many lectures they come up."""

        def query() -> list[tuple[str, int]]:
            with connect(self._db_path) as conn:
                rows = conn.execute(
                    "SELECT topic.value AS name, count(*) AS times"
                    " FROM lecture_metadata, json_each(lecture_metadata.topics) AS topic"
                    " GROUP BY name ORDER BY times DESC, name LIMIT ?",
                    (top,),
                ).fetchall()
            return [(row["name"], row["times"]) for row in rows]

        return await last_value_from(rx.from_callable(query).pipe(in_thread()))

    async def failures(self) -> dict[str, str]:
        """Lectures that have no metadata because extraction failed, and why."""

        def query() -> dict[str, str]:
            with connect(self._db_path) as conn:
                rows = conn.execute(
                    "SELECT path, message FROM extraction_failures ORDER BY path, source"
                ).fetchall()
            return {row["path"]: row["message"] for row in rows}

        return await last_value_from(rx.from_callable(query).pipe(in_thread()))

    async def stats(self) -> LibraryStats:
        """The library in numbers."""

        def query() -> LibraryStats:
            with connect(self._db_path) as conn:

                def number(sql: str) -> int:
                    return int(conn.execute(sql).fetchone()[0])

                return LibraryStats(
                    files=number("SELECT count(*) FROM files WHERE missing = 0"),
                    missing=number("SELECT count(*) FROM files WHERE missing = 1"),
                    words=number("SELECT coalesce(sum(words), 0) FROM transcripts"),
                    with_metadata=number("SELECT count(*) FROM lecture_metadata"),
                    uploaded=number("SELECT count(*) FROM uploads WHERE state = 'ready'"),
                    failures=number("SELECT count(*) FROM extraction_failures"),
                )

        return await last_value_from(rx.from_callable(query).pipe(in_thread()))
