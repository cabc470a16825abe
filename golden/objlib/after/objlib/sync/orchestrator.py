"""Brings the database in step with the transcripts on disk (``scan``).

One file after the other: a library has hundreds of them, not millions, and SQLite has one writer
anyway.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from pathlib import Path

import aiosqlite

from objlib.errors import ConfigError
from objlib.sync.reader import Transcript, read_library

logger = logging.getLogger(__name__)


@dataclass
class SyncReport:
    """What a scan found."""

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    unchanged: int = 0


class SyncOrchestrator:
    """Compares the library on disk with the ``files`` table and writes the difference."""

    def __init__(self, conn: aiosqlite.Connection, root: Path) -> None:
        self._conn = conn
        self._root = root

    async def run(self) -> SyncReport:
        """Scan once.

        Raises:
            ConfigError: there is no such directory.
        """
        if not self._root.is_dir():
            raise ConfigError(f"no library at {self._root}")
        report = SyncReport()
        known = await self._known()
        seen: set[str] = set()
        for transcript in read_library(self._root):
            path = transcript.file.path
            seen.add(path)
            if path not in known:
                report.added.append(path)
            elif known[path] != transcript.file.sha256:
                report.changed.append(path)
            else:
                report.unchanged += 1
                continue
            await self._save(transcript)
        for path in sorted(set(known) - seen):
            report.missing.append(path)
            await self._mark_missing(path)
        logger.info(
            "%d added, %d changed, %d missing, %d unchanged",
            len(report.added),
            len(report.changed),
            len(report.missing),
            report.unchanged,
        )
        return report

    async def _known(self) -> dict[str, str]:
        async with self._conn.execute("SELECT path, sha256 FROM files WHERE missing = 0") as cursor:
            return {row["path"]: row["sha256"] async for row in cursor}

    async def _save(self, transcript: Transcript) -> None:
        file = transcript.file
        await self._conn.execute(
            "INSERT INTO files (path, course, lecture, title, sha256, size)"
            " VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (path) DO UPDATE SET"
            " sha256 = excluded.sha256, size = excluded.size, missing = 0",
            (file.path, file.course, file.lecture, file.title, file.sha256, file.size),
        )
        await self._conn.execute(
            "INSERT OR REPLACE INTO transcripts (path, text, words) VALUES (?, ?, ?)",
            (file.path, transcript.text, transcript.words),
        )

    async def _mark_missing(self, path: str) -> None:
        await self._conn.execute("UPDATE files SET missing = 1 WHERE path = ?", (path,))
