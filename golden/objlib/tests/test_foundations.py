"""Settings, database, scanning: what everything else stands on."""

from __future__ import annotations

import logging
import sqlite3
from pathlib import Path

import pytest

from library import names, text_of
from objlib.config import Settings
from objlib.context import current_request_id, request_id
from objlib.db import connect, dump, init_db, open_async
from objlib.errors import ConfigError
from objlib.sync.orchestrator import SyncOrchestrator, SyncReport
from objlib.sync.reader import clean, read_library
from support import rows


def test_settings_have_defaults() -> None:
    settings = Settings.from_env({})
    assert settings.db_path == Path("objlib.sqlite3")
    assert settings.batch.batch_size == 10
    assert settings.upload.stagger == 1.0


def test_settings_come_from_the_environment_with_the_type_of_their_default() -> None:
    settings = Settings.from_env(
        {"OBJLIB_DB": "x.db", "OBJLIB_BATCH_BATCH_SIZE": "4", "OBJLIB_UPLOAD_STAGGER": "0.5"}
    )
    assert settings.db_path == Path("x.db")
    assert settings.batch.batch_size == 4
    assert isinstance(settings.batch.batch_size, int)
    assert settings.upload.stagger == 0.5


def test_a_setting_that_is_no_number_is_refused_by_name() -> None:
    with pytest.raises(ConfigError, match="OBJLIB_UPLOAD_COOLDOWN"):
        Settings.from_env({"OBJLIB_UPLOAD_COOLDOWN": "soon"})


def test_urls_are_only_required_by_those_who_need_them() -> None:
    settings = Settings.from_env({"OBJLIB_BATCH_URL": "http://batch"})
    assert settings.require_batch_url() == "http://batch"
    with pytest.raises(ConfigError, match="OBJLIB_STORE_URL"):
        settings.require_store_url()


def test_request_ids_nest() -> None:
    with request_id("outer"):
        with request_id("inner"):
            assert current_request_id() == "inner"
        assert current_request_id() == "outer"
    assert current_request_id() == "-"


def test_init_db_can_be_repeated(empty_db: Path) -> None:
    init_db(empty_db)
    assert rows(empty_db, "SELECT value FROM meta WHERE key = 'schema_version'") == [("3",)]


def test_connect_rolls_back_what_failed(empty_db: Path) -> None:
    with pytest.raises(sqlite3.IntegrityError), connect(empty_db) as conn:
        conn.execute("INSERT INTO sessions (name) VALUES ('a')")
        conn.execute("INSERT INTO sessions (name) VALUES ('a')")
    assert rows(empty_db, "SELECT * FROM sessions") == []


def test_dump_lists_rows_by_key_and_not_by_insertion(empty_db: Path) -> None:
    with connect(empty_db) as conn:
        conn.executemany("INSERT INTO sessions (name) VALUES (?)", [("b",), ("a",)])
    lines = [line for line in dump(empty_db) if 'INTO "sessions"' in line]
    assert ["'a'" in lines[0], "'b'" in lines[1]] == [True, True]


def test_clean_removes_marks_and_blank_runs() -> None:
    assert clean("[00:00:01] One.\n\n\n\n\n[1:02] Two.\n") == "One.\n\nTwo."


def test_read_library_takes_names_apart(library: Path) -> None:
    first = next(read_library(library))
    assert (first.file.path, first.file.course) == ("Algorithms/01 - Sorting.txt", "Algorithms")
    assert (first.file.lecture, first.file.title) == (1, "Sorting")
    assert first.file.size == len(text_of(first.file.path).encode())
    assert "[00:" not in first.text


def test_read_library_skips_other_names(library: Path, caplog: pytest.LogCaptureFixture) -> None:
    (library / "notes.txt").write_text("x")
    (library / "Algorithms" / "readme.txt").write_text("x")
    with caplog.at_level(logging.WARNING):
        found = [transcript.file.path for transcript in read_library(library)]
    assert found == names(7)
    assert {"notes.txt", "readme.txt"} <= {
        word.rstrip(":") for record in caplog.records for word in record.getMessage().split()
    }


async def _scan(db: Path, library: Path) -> SyncReport:
    async with open_async(db) as conn:
        return await SyncOrchestrator(conn, library).run()


@pytest.mark.asyncio
async def test_scan_adds_everything_once(empty_db: Path, library: Path) -> None:
    assert (await _scan(empty_db, library)).added == names(7)
    again = await _scan(empty_db, library)
    assert (again.added, again.changed, again.unchanged) == ([], [], 7)


@pytest.mark.asyncio
async def test_scan_sees_changes_and_disappearances(db: Path, library: Path) -> None:
    changed, gone, *_ = names(7)
    (library / changed).write_text("[00:00:00] All new.")
    (library / gone).unlink()
    report = await _scan(db, library)
    assert (report.changed, report.missing, report.unchanged) == ([changed], [gone], 5)
    assert rows(db, "SELECT text, words FROM transcripts WHERE path = ?", changed) == [
        ("All new.", 2)
    ]
    assert rows(db, "SELECT path FROM files WHERE missing = 1") == [(gone,)]


@pytest.mark.asyncio
async def test_scan_takes_a_lecture_back(db: Path, library: Path) -> None:
    path = names(1)[0]
    text = (library / path).read_text()
    (library / path).unlink()
    await _scan(db, library)
    (library / path).write_text(text)
    assert (await _scan(db, library)).added == [path]
    assert rows(db, "SELECT count(*) FROM files WHERE missing = 0") == [(7,)]


@pytest.mark.asyncio
async def test_scan_needs_a_library(empty_db: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no library"):
        await _scan(empty_db, tmp_path / "nowhere")
