"""The batch pipeline, against the fake LLM API."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiosqlite
import pytest
import pytest_asyncio

from fakes import FakeServices
from library import names
from objlib.errors import RemoteError
from objlib.extraction.batch_client import BatchClient
from objlib.extraction.batch_orchestrator import BatchOrchestrator, BatchReport
from support import BATCH, rows

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def client(fakes: FakeServices) -> AsyncIterator[BatchClient]:
    async with BatchClient(
        fakes.url,
        max_retries=BATCH.max_retries,
        retry_base=BATCH.retry_base,
        poll_interval=BATCH.poll_interval,
        poll_cap=BATCH.poll_cap,
    ) as client:
        yield client


async def _run(
    conn: aiosqlite.Connection, client: BatchClient, limit: int | None = None, **settings: Any
) -> BatchReport:
    return await BatchOrchestrator(conn, client, replace(BATCH, **settings)).run(limit=limit)


async def test_everything_is_extracted(
    conn: aiosqlite.Connection, client: BatchClient, db: Path
) -> None:
    report = await _run(conn, client)
    assert (report.succeeded, report.failed, report.jobs) == (7, 0, 3)
    found = rows(db, "SELECT path, topics, source FROM lecture_metadata")
    assert [row[0] for row in found] == names(7)
    assert all(len(json.loads(row[1])) == 5 and row[2] == "batch" for row in found)


async def test_limit(conn: aiosqlite.Connection, client: BatchClient, db: Path) -> None:
    report = await _run(conn, client, limit=2)
    assert report.planned == names(2)
    assert rows(db, "SELECT count(*) FROM lecture_metadata") == [(2,)]


async def test_a_second_run_goes_on_where_the_first_ended(
    conn: aiosqlite.Connection, client: BatchClient
) -> None:
    await _run(conn, client, limit=5)
    assert (await _run(conn, client)).planned == names(7)[5:]
    assert (await _run(conn, client)).planned == []


async def test_changed_lectures_are_extracted_again(
    conn: aiosqlite.Connection, client: BatchClient
) -> None:
    await _run(conn, client)
    path = names(3)[2]
    await conn.execute("UPDATE files SET sha256 = 'new' WHERE path = ?", (path,))
    assert (await _run(conn, client)).planned == [path]


async def test_dry_run_sends_and_writes_nothing(
    conn: aiosqlite.Connection, client: BatchClient, db: Path, fakes: FakeServices
) -> None:
    report = await BatchOrchestrator(conn, client, BATCH).run(limit=3, dry_run=True)
    assert (report.planned, report.jobs) == (names(3), 0)
    assert fakes.requests == []
    assert rows(db, "SELECT count(*) FROM batch_jobs") == [(0,)]


async def test_inputs_keep_their_order_however_long_each_takes(
    conn: aiosqlite.Connection, client: BatchClient, fakes: FakeServices
) -> None:
    fakes.slow("/v1/inputs", 0.05, match="01 - Sorting")
    await _run(conn, client, limit=3)
    submitted = next(r.body for r in fakes.requests if r.path == "/v1/batches")
    by_path = {
        r.body["custom_id"]: position
        for position, r in enumerate(r for r in fakes.requests if r.path == "/v1/inputs")
    }
    assert by_path[names(1)[0]] == 2, "the slow one came in last"
    uploaded = [await client.upload_input(r, _prompt(fakes, r)) for r in names(3)]
    assert submitted["input_ids"] == uploaded


def _prompt(fakes: FakeServices, custom_id: str) -> str:
    return next(
        str(r.body["prompt"])
        for r in fakes.requests
        if r.path == "/v1/inputs" and r.body["custom_id"] == custom_id
    )


@pytest.mark.parametrize("limit", [1, 2])
async def test_no_more_inputs_at_once_than_allowed(
    conn: aiosqlite.Connection, client: BatchClient, fakes: FakeServices, limit: int
) -> None:
    fakes.slow("/v1/inputs", 0.02)
    await _run(conn, client, max_concurrent_inputs=limit, batch_size=7)
    assert fakes.calls("POST", "/v1/inputs") == 7
    assert fakes.peak("POST", "/v1/inputs") == limit


async def test_jobs_run_side_by_side(
    conn: aiosqlite.Connection, client: BatchClient, fakes: FakeServices
) -> None:
    fakes.slow("/v1/batches$", 0.2)
    await _run(conn, client)
    assert fakes.peak("POST", "/v1/batches") == 3


async def test_a_full_queue_is_waited_for(
    conn: aiosqlite.Connection, client: BatchClient, fakes: FakeServices
) -> None:
    fakes.busy_queue = 3
    assert (await _run(conn, client, limit=3)).ok
    assert fakes.calls("GET", "/v1/queue") == 4


async def test_a_failed_job_takes_only_its_own_lectures_down(
    conn: aiosqlite.Connection, client: BatchClient, db: Path, fakes: FakeServices
) -> None:
    fakes.end_job("failed", match="05 - Flows", error="no quota")
    report = await _run(conn, client)
    assert (report.succeeded, report.failed, report.jobs) == (4, 3, 3)
    assert sorted(report.errors) == names(7)[3:6]
    assert [state for (state,) in rows(db, "SELECT state FROM batch_jobs ORDER BY state")] == [
        "lost",
        "succeeded",
        "succeeded",
    ]
    messages = rows(db, "SELECT DISTINCT message FROM extraction_failures")
    assert len(messages) == 1
    assert messages[0][0].endswith(": no quota")


async def test_a_lost_job_can_be_run_again(
    conn: aiosqlite.Connection, client: BatchClient, db: Path, fakes: FakeServices
) -> None:
    fakes.fail("/v1/batches$", 400, match="lectures-")
    assert (await _run(conn, client, limit=3)).failed == 3
    assert (await _run(conn, client, limit=3)).succeeded == 3
    assert rows(db, "SELECT * FROM extraction_failures") == []
    assert rows(db, "SELECT state, succeeded, error FROM batch_jobs") == [("succeeded", 3, None)]


async def test_an_input_that_is_refused_loses_its_job(
    conn: aiosqlite.Connection, client: BatchClient, fakes: FakeServices
) -> None:
    fakes.fail("/v1/inputs", 413, times=-1, match="02 - Hashing")
    report = await _run(conn, client)
    assert sorted(report.errors) == names(3)
    assert set(report.errors.values()) == {"POST /v1/inputs answered 413"}


async def test_timeouts_are_written_down_like_any_failure(
    conn: aiosqlite.Connection, client: BatchClient, fakes: FakeServices
) -> None:
    fakes.job_polls = 1000
    report = await _run(conn, client, limit=1, timeout=0.01)
    assert report.failed == 1
    assert "still not done after 0.01s" in report.errors[names(1)[0]]


async def test_one_bad_answer_does_not_spoil_the_job(
    conn: aiosqlite.Connection, client: BatchClient, db: Path, fakes: FakeServices
) -> None:
    fakes.answer_badly("01 - Sorting")
    fakes.break_item("02 - Hashing", "content filter")
    fakes.break_item("03 - Graphs", None)
    report = await _run(conn, client, batch_size=7)
    assert (report.succeeded, report.failed) == (4, 3)
    assert [report.errors[path] for path in names(3)] == [
        "answer is not JSON: Expecting value",
        "content filter",
        "the job has no line for this lecture",
    ]
    assert rows(db, "SELECT succeeded, failed, state FROM batch_jobs") == [(4, 3, "succeeded")]


async def test_throttling_is_survived(
    conn: aiosqlite.Connection, client: BatchClient, fakes: FakeServices
) -> None:
    fakes.fail("/v1/inputs", 429, times=2)
    fakes.fail("/v1/batches/", 503, times=2)
    assert (await _run(conn, client)).succeeded == 7


async def test_failures_of_the_database_are_not_swallowed_with_the_jobs(
    conn: aiosqlite.Connection, client: BatchClient
) -> None:
    await conn.execute("DELETE FROM transcripts WHERE path = ?", (names(1)[0],))
    with pytest.raises(Exception, match="no transcript"):
        await _run(conn, client)


async def test_job_names_depend_on_content_only(
    conn: aiosqlite.Connection, client: BatchClient, db: Path, fakes: FakeServices
) -> None:
    fakes.fail("/v1/queue", 400, times=-1)
    await _run(conn, client, limit=3)
    before = rows(db, "SELECT name FROM batch_jobs")
    await _run(conn, client, limit=3)
    assert rows(db, "SELECT name FROM batch_jobs") == before
    with pytest.raises(RemoteError):
        await client.queue()
