"""The upload pipeline, against the fake store."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiosqlite
import pytest
import pytest_asyncio

from fakes import FakeServices
from library import names
from objlib.upload.circuit_breaker import CircuitBreaker
from objlib.upload.client import StoreClient
from objlib.upload.orchestrator import UploadOrchestrator
from objlib.upload.state import AsyncUploadStateManager, UploadState
from support import UPLOAD, execute, rows

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def client(fakes: FakeServices) -> AsyncIterator[StoreClient]:
    async with StoreClient(
        fakes.url,
        "lectures",
        retry_attempts=2,
        retry_initial=UPLOAD.retry_initial,
        operation_poll=UPLOAD.operation_poll,
        operation_poll_cap=UPLOAD.operation_poll_cap,
    ) as client:
        yield client


def _orchestrator(
    conn: aiosqlite.Connection, client: StoreClient, **settings: Any
) -> UploadOrchestrator:
    return UploadOrchestrator(conn, client, replace(UPLOAD, **settings), rng=random.Random(1))


async def test_everything_is_uploaded(
    conn: aiosqlite.Connection, client: StoreClient, db: Path, fakes: FakeServices
) -> None:
    report = await _orchestrator(conn, client, batch_size=3).run()
    assert (report.ready, report.failed, report.batches) == (names(7), {}, 3)
    assert fakes.stored() == names(7)
    assert rows(db, "SELECT DISTINCT state, version, attempts FROM uploads") == [("ready", 3, 1)]


async def test_limit_and_second_run(conn: aiosqlite.Connection, client: StoreClient) -> None:
    assert (await _orchestrator(conn, client).run(limit=4)).ready == names(4)
    assert (await _orchestrator(conn, client).run()).ready == names(7)[4:]
    assert (await _orchestrator(conn, client).run()).batches == 0


async def test_topics_go_along(
    conn: aiosqlite.Connection, client: StoreClient, fakes: FakeServices, db: Path
) -> None:
    execute(
        db,
        "INSERT INTO lecture_metadata VALUES (?, '', 's', '[\"sorting\"]', 'advanced', 1, '', ?)",
        names(1)[0],
        "batch",
    )
    await _orchestrator(conn, client).run(limit=2)
    sent = {r.body["path"]: r.body["topics"] for r in fakes.requests if r.path.endswith("files")}
    assert sent == {names(2)[0]: ["sorting"], names(2)[1]: []}


async def test_launches_are_staggered_in_order(
    conn: aiosqlite.Connection, client: StoreClient, fakes: FakeServices
) -> None:
    await _orchestrator(conn, client, stagger=0.1).run(limit=3)
    sent = [request for request in fakes.requests if request.path.endswith("/files")]
    sent.sort(key=lambda request: request.began)
    assert [request.body["path"] for request in sent] == names(3)
    assert sent[-1].began - sent[0].began > 0.1


async def test_indexing_starts_when_the_whole_batch_is_sent(
    conn: aiosqlite.Connection, client: StoreClient, fakes: FakeServices
) -> None:
    fakes.slow("/files", 0.1, match="01 - Sorting")
    await _orchestrator(conn, client).run(limit=4)
    kinds = [r.path.split("/")[2] for r in fakes.requests if r.method != "PUT"]
    assert kinds == ["stores"] * 4 + ["operations"] * 4


@pytest.mark.parametrize("concurrency", [1, 2])
async def test_no_more_uploads_at_once_than_allowed(
    conn: aiosqlite.Connection, client: StoreClient, fakes: FakeServices, concurrency: int
) -> None:
    fakes.slow("/files", 0.02)
    await _orchestrator(conn, client, concurrency=concurrency, stagger=0).run()
    assert fakes.peak("POST", "/files") == concurrency


async def test_throttled_uploads_are_sent_again_in_place(
    conn: aiosqlite.Connection, client: StoreClient, db: Path, fakes: FakeServices
) -> None:
    fakes.fail("/files", 429, times=3, match="02 - Hashing")
    report = await _orchestrator(conn, client).run(limit=3)
    assert (report.ready, report.retried) == (names(3), [])
    assert fakes.calls("POST", "/files") == 6
    assert rows(db, "SELECT DISTINCT attempts FROM uploads WHERE state = 'ready'") == [(1,)]


async def test_what_may_pass_gets_a_second_chance(
    conn: aiosqlite.Connection, client: StoreClient, db: Path, fakes: FakeServices
) -> None:
    fakes.fail("/files", 500, times=2, match="02 - Hashing")
    report = await _orchestrator(conn, client).run(limit=3)
    assert (sorted(report.ready), report.failed) == (names(3), {})
    assert report.retried == [names(2)[1]]
    assert rows(db, "SELECT attempts, state FROM uploads WHERE path = ?", names(2)[1]) == [
        (2, "ready")
    ]


async def test_but_not_a_third(
    conn: aiosqlite.Connection, client: StoreClient, fakes: FakeServices
) -> None:
    fakes.fail("/files", 500, times=-1, match="02 - Hashing")
    report = await _orchestrator(conn, client).run(limit=3)
    assert list(report.failed) == [names(2)[1]]
    assert report.failed[names(2)[1]].endswith("answered 500 to the end")
    assert fakes.calls("POST", "/files", status=500) == 4


async def test_refused_files_are_not_sent_again(
    conn: aiosqlite.Connection, client: StoreClient, db: Path, fakes: FakeServices
) -> None:
    fakes.fail("/files", 413, times=-1, match="02 - Hashing")
    report = await _orchestrator(conn, client).run(limit=3)
    assert (list(report.failed), report.retried) == ([names(2)[1]], [])
    assert rows(db, "SELECT state, error FROM uploads WHERE path = ?", names(2)[1]) == [
        ("failed", f"{names(2)[1]}: the store answered 413")
    ]


async def test_failed_indexing_fails_its_file_only(
    conn: aiosqlite.Connection, client: StoreClient, fakes: FakeServices
) -> None:
    fakes.fail_indexing("03 - Graphs", "too long")
    report = await _orchestrator(conn, client).run(limit=4)
    assert list(report.failed) == [names(3)[2]]
    assert len(report.ready) == 3


async def test_indexing_without_end_is_tried_once_more(
    conn: aiosqlite.Connection, client: StoreClient, fakes: FakeServices
) -> None:
    fakes.never_index("03 - Graphs")
    report = await _orchestrator(conn, client, operation_timeout=0.05).run(limit=4)
    assert report.retried == [names(3)[2]]
    assert "not done after 0.05s" in report.failed[names(3)[2]]


async def test_a_row_that_others_took_is_left_to_them(
    conn: aiosqlite.Connection, client: StoreClient, db: Path, fakes: FakeServices
) -> None:
    await AsyncUploadStateManager(conn).enqueue_new()
    fakes.slow("/files", 0.5, match="01 - Sorting")
    running = asyncio.create_task(_orchestrator(conn, client, concurrency=1).run(limit=2))
    while not rows(db, "SELECT 1 FROM uploads WHERE path = ? AND version = 1", names(1)[0]):
        await asyncio.sleep(0.005)
    execute(db, "UPDATE uploads SET version = 5, state = 'pending' WHERE path = ?", names(1)[0])
    report = await running
    assert report.failed == {names(1)[0]: f"{names(1)[0]}: no longer at version 1"}
    assert rows(db, "SELECT state, version FROM uploads WHERE path = ?", names(1)[0]) == [
        ("pending", 5)
    ]


@pytest.mark.parametrize(("threshold", "narrowed"), [(0.3, True), (2.0, False)])
async def test_trouble_narrows_the_door_for_later_batches(
    conn: aiosqlite.Connection,
    client: StoreClient,
    fakes: FakeServices,
    threshold: float,
    narrowed: bool,
) -> None:
    """All of the first batch is throttled once; the second batch is watched."""
    settings = replace(UPLOAD, concurrency=3, reduced_concurrency=1, batch_size=3, stagger=0)
    breaker = CircuitBreaker(window=10, threshold=threshold)
    fakes.fail("/files", 429, times=3)
    fakes.slow("/files", 0.1)
    report = await UploadOrchestrator(conn, client, settings, breaker=breaker).run(limit=6)
    assert report.ready == names(6)
    assert breaker.trips == int(narrowed)
    peak = fakes.peak("POST", "/files", match="Algorithms/0[456]")
    assert (peak == 1) is narrowed


async def test_shutdown_lets_the_running_batch_end(
    conn: aiosqlite.Connection, client: StoreClient, db: Path, fakes: FakeServices
) -> None:
    fakes.slow("/files", 0.2)
    orchestrator = _orchestrator(conn, client, batch_size=3)
    running = asyncio.create_task(orchestrator.run())
    while not fakes.calls("PUT", "/v1/stores"):
        await asyncio.sleep(0.005)
    while not rows(db, "SELECT 1 FROM uploads WHERE state = 'uploading'"):
        await asyncio.sleep(0.005)
    orchestrator.request_shutdown()
    orchestrator.request_shutdown()
    report = await running
    assert (report.interrupted, report.batches, report.ready) == (True, 1, names(3))
    assert rows(db, "SELECT state, count(*) FROM uploads GROUP BY state ORDER BY state") == [
        ("pending", 4),
        ("ready", 3),
    ]


async def test_shutdown_skips_cooldown_and_retry_pass(
    conn: aiosqlite.Connection, client: StoreClient, db: Path, fakes: FakeServices
) -> None:
    fakes.fail("/files", 500, times=-1, match="01 - Sorting")
    fakes.slow("/files", 0.2, match="02 - Hashing")
    orchestrator = _orchestrator(conn, client, batch_size=2, cooldown=60)
    running = asyncio.create_task(orchestrator.run())
    while not rows(db, "SELECT 1 FROM uploads WHERE state = 'uploading'"):
        await asyncio.sleep(0.005)
    orchestrator.request_shutdown()
    report = await running
    assert (report.ready, report.retried) == ([names(2)[1]], [])
    assert list(report.failed) == names(1)


async def test_shutdown_before_the_first_batch(
    conn: aiosqlite.Connection, client: StoreClient, fakes: FakeServices
) -> None:
    orchestrator = _orchestrator(conn, client)
    orchestrator.request_shutdown()
    report = await orchestrator.run()
    assert (report.interrupted, report.batches) == (True, 0)
    assert fakes.calls("POST", "/files") == 0


async def test_states_on_the_way(
    conn: aiosqlite.Connection, client: StoreClient, db: Path, fakes: FakeServices
) -> None:
    fakes.fail("/files", 500, times=2, match="01 - Sorting")
    await _orchestrator(conn, client).run(limit=1)
    assert [to for (to,) in rows(db, "SELECT to_state FROM upload_events ORDER BY version")] == [
        UploadState.UPLOADING,
        UploadState.FAILED,
        UploadState.PENDING,
        UploadState.UPLOADING,
        UploadState.INDEXING,
        UploadState.READY,
    ]
