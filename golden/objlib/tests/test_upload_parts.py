"""State, client, limiter, breaker and recovery of the upload pipeline."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiosqlite
import httpx
import pytest
import pytest_asyncio

from fakes import FakeServices
from library import names
from objlib.errors import (
    ObjlibError,
    OCCConflictError,
    OperationFailedError,
    OperationTimeoutError,
    RateLimitedError,
    RecoveryTimeoutError,
    RemoteError,
    UploadRejectedError,
)
from objlib.upload.circuit_breaker import CircuitBreaker
from objlib.upload.client import Document, StoreClient
from objlib.upload.rate_limiter import RateLimiter
from objlib.upload.recovery import RecoveryManager
from objlib.upload.state import (
    AsyncUploadStateManager,
    InvalidTransitionError,
    UploadRow,
    UploadState,
)
from support import UPLOAD, execute, rows

FIRST = names(1)[0]
DOCUMENT = Document(FIRST, "Sorting", "Algorithms", "Some text.", ("a",))


@pytest_asyncio.fixture
async def state(conn: aiosqlite.Connection) -> AsyncUploadStateManager:
    manager = AsyncUploadStateManager(conn, occ_backoff=UPLOAD.occ_backoff)
    await manager.enqueue_new()
    return manager


@pytest_asyncio.fixture
async def client(fakes: FakeServices) -> AsyncIterator[StoreClient]:
    async with _client(fakes) as client:
        await client.ensure_store()
        yield client


def _client(fakes: FakeServices, **settings: Any) -> StoreClient:
    values: dict[str, Any] = {
        "retry_initial": UPLOAD.retry_initial,
        "operation_poll": UPLOAD.operation_poll,
        "operation_poll_cap": UPLOAD.operation_poll_cap,
    }
    return StoreClient(fakes.url, "lectures", **{**values, **settings})


class Contended(AsyncUploadStateManager):
    """Somebody else moves the row each time that we have just read it."""

    def __init__(self, conn: aiosqlite.Connection, db: Path, times: int) -> None:
        super().__init__(conn, occ_backoff=0.001)
        self.db = db
        self.times = times

    async def get(self, path: str) -> UploadRow:
        row = await super().get(path)
        if self.times:
            self.times -= 1
            execute(self.db, "UPDATE uploads SET version = version + 1 WHERE path = ?", path)
        return row


# The table.


@pytest.mark.asyncio
async def test_every_file_is_queued_once(state: AsyncUploadStateManager) -> None:
    assert await state.enqueue_new() == 0
    assert await state.counts() == {"pending": 7}
    assert [row.path for row in await state.in_state(UploadState.PENDING, limit=2)] == names(2)


@pytest.mark.asyncio
async def test_a_transition_moves_the_row_and_leaves_a_trace(
    state: AsyncUploadStateManager, db: Path
) -> None:
    row = await state.get(FIRST)
    row = await state.transition(row, UploadState.UPLOADING, attempts=1)
    row = await state.transition(row, UploadState.INDEXING, operation="op-1")
    row = await state.transition(row, UploadState.READY, remote_id="file-1")
    assert row == UploadRow(FIRST, UploadState.READY, 3, 1, "file-1", "op-1")
    assert rows(db, "SELECT version, to_state FROM upload_events") == [
        (1, "uploading"),
        (2, "indexing"),
        (3, "ready"),
    ]


@pytest.mark.asyncio
async def test_a_stale_row_is_a_conflict(state: AsyncUploadStateManager) -> None:
    row = await state.get(FIRST)
    await state.transition(row, UploadState.UPLOADING)
    with pytest.raises(OCCConflictError) as caught:
        await state.transition(row, UploadState.UPLOADING)
    assert (caught.value.path, caught.value.expected_version) == (FIRST, 0)


@pytest.mark.asyncio
async def test_only_one_of_many_claims_wins(state: AsyncUploadStateManager) -> None:
    row = await state.get(FIRST)
    results = await asyncio.gather(
        *[state.transition(row, UploadState.UPLOADING) for _ in range(5)], return_exceptions=True
    )
    assert sum(isinstance(result, UploadRow) for result in results) == 1
    assert sum(isinstance(result, OCCConflictError) for result in results) == 4


@pytest.mark.asyncio
async def test_impossible_ways_are_refused(state: AsyncUploadStateManager) -> None:
    with pytest.raises(InvalidTransitionError, match="from pending to ready"):
        await state.transition(await state.get(FIRST), UploadState.READY)


@pytest.mark.asyncio
async def test_unknown_and_deleted_rows(state: AsyncUploadStateManager) -> None:
    await state.delete(FIRST)
    with pytest.raises(ObjlibError, match="not queued"):
        await state.get(FIRST)


@pytest.mark.asyncio
async def test_mark_failed_wins_in_the_end(state: AsyncUploadStateManager, db: Path) -> None:
    async with aiosqlite.connect(db, isolation_level=None) as conn:
        conn.row_factory = aiosqlite.Row
        row = await Contended(conn, db, times=7).mark_failed(FIRST, "broken")
    assert (row.state, row.error, row.version) == (UploadState.FAILED, "broken", 8)


@pytest.mark.asyncio
async def test_mark_failed_leaves_a_failed_row_alone(state: AsyncUploadStateManager) -> None:
    first = await state.mark_failed(FIRST, "one")
    assert await state.mark_failed(FIRST, "two") == first


@pytest.mark.asyncio
@pytest.mark.parametrize(("conflicts", "wins"), [(0, True), (2, True), (3, False)])
async def test_reset_gives_up_after_so_many_conflicts(
    state: AsyncUploadStateManager, conn: aiosqlite.Connection, db: Path, conflicts: int, wins: bool
) -> None:
    await state.mark_failed(FIRST, "broken")
    contended = Contended(conn, db, times=conflicts)
    if wins:
        assert (await contended.reset(FIRST, attempts=3)).state is UploadState.PENDING
    else:
        with pytest.raises(OCCConflictError):
            await contended.reset(FIRST, attempts=3)
        assert contended.times == 0


# The client.


@pytest.mark.asyncio
async def test_upload_and_index(client: StoreClient, fakes: FakeServices) -> None:
    fakes.operation_polls = 3
    operation = await client.upload(DOCUMENT)
    assert not operation.done
    done = await client.wait_until_indexed(operation.name, timeout=5)
    assert done.file_id is not None
    assert fakes.stored() == [FIRST]
    assert fakes.calls("GET", "/v1/operations") == 3


@pytest.mark.asyncio
async def test_server_errors_are_retried(client: StoreClient, fakes: FakeServices) -> None:
    fakes.fail("/files", 503, times=3)
    await client.upload(DOCUMENT)
    assert fakes.calls("POST", "/files") == 4


@pytest.mark.asyncio
async def test_server_errors_without_end_are_raised(
    client: StoreClient, fakes: FakeServices
) -> None:
    fakes.fail("/files", 502, times=-1)
    with pytest.raises(RemoteError, match="502 to the end") as caught:
        await client.upload(DOCUMENT)
    assert caught.value.status_code == 502
    assert fakes.calls("POST", "/files") == 4


@pytest.mark.asyncio
@pytest.mark.parametrize(("status", "error"), [(429, RateLimitedError), (413, UploadRejectedError)])
async def test_throttling_and_refusal_are_not_retried_here(
    client: StoreClient, fakes: FakeServices, status: int, error: type[Exception]
) -> None:
    fakes.fail("/files", status, times=-1, retry_after=1.5)
    with pytest.raises(error):
        await client.upload(DOCUMENT)
    assert fakes.calls("POST", "/files") == 1


@pytest.mark.asyncio
async def test_no_connection_is_retried_then_raised_as_it_is(fakes: FakeServices) -> None:
    attempts = 0

    async def refuse(request: httpx.Request) -> httpx.Response:
        nonlocal attempts
        attempts += 1
        raise httpx.ConnectError("refused")

    async with _client(fakes, transport=httpx.MockTransport(refuse)) as client:
        with pytest.raises(httpx.ConnectError):
            await client.upload(DOCUMENT)
    assert attempts == 4


@pytest.mark.asyncio
async def test_indexing_that_fails(client: StoreClient, fakes: FakeServices) -> None:
    fakes.fail_indexing("Sorting", "unsupported language")
    operation = await client.upload(DOCUMENT)
    with pytest.raises(OperationFailedError, match="unsupported language"):
        await client.wait_until_indexed(operation.name, timeout=5)


@pytest.mark.asyncio
async def test_indexing_that_takes_too_long(client: StoreClient, fakes: FakeServices) -> None:
    fakes.never_index("Sorting")
    operation = await client.upload(DOCUMENT)
    with pytest.raises(OperationTimeoutError, match=r"after 0\.1s"):
        await client.wait_until_indexed(operation.name, timeout=0.1)
    assert fakes.calls("GET", "/v1/operations") >= 2


@pytest.mark.asyncio
async def test_errors_while_polling_are_passed_on(client: StoreClient) -> None:
    with pytest.raises(RemoteError, match="404"):
        await client.wait_until_indexed("op-unknown", timeout=5)


# The limiter and the breaker.


@pytest.mark.asyncio
async def test_slots_are_evenly_spaced() -> None:
    limiter = RateLimiter(1000, clock=lambda: 5.0)
    waits = [await limiter.acquire() for _ in range(4)]
    assert waits == pytest.approx([0, 0.001, 0.002, 0.003])


@pytest.mark.asyncio
async def test_a_penalty_moves_the_next_slot() -> None:
    limiter = RateLimiter(1000, clock=lambda: 5.0)
    limiter.penalise(0.01)
    assert await limiter.acquire() == pytest.approx(0.01)


def test_a_rate_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="positive"):
        RateLimiter(0)


def test_breaker_wants_evidence_and_forgets_after_a_trip() -> None:
    breaker = CircuitBreaker(window=4, threshold=0.5)
    breaker.record_failure()
    breaker.record_failure()
    assert not breaker.should_slow_down
    breaker.record_success()
    assert breaker.should_slow_down
    breaker.trip()
    assert (breaker.should_slow_down, breaker.trips, breaker.failure_share) == (False, 1, 0.0)


# Recovery.


async def _crash(state: AsyncUploadStateManager, client: StoreClient) -> None:
    """Leave the first row as being sent, and the next three as being indexed."""
    for number, path in enumerate(names(4)):
        row = await state.transition(await state.get(path), UploadState.UPLOADING)
        if number > 0:
            document = replace(DOCUMENT, path=path)
            operation = await client.upload(document)
            await state.transition(row, UploadState.INDEXING, operation=operation.name)


@pytest.mark.asyncio
async def test_recovery_asks_the_store(
    state: AsyncUploadStateManager, client: StoreClient, fakes: FakeServices
) -> None:
    await _crash(state, client)
    fakes.fail_indexing("03 - Graphs", "too long")
    fakes.never_index("04 - Greedy")
    report = await RecoveryManager(state, client, UPLOAD).run()
    paths = names(4)
    assert (report.reset, report.ready, report.failed, report.unanswered) == (
        [paths[0]],
        [paths[1]],
        [paths[2]],
        [paths[3]],
    )
    assert await state.counts() == {"failed": 1, "indexing": 1, "pending": 4, "ready": 1}


@pytest.mark.asyncio
async def test_recovery_resets_what_the_store_has_forgotten(
    state: AsyncUploadStateManager, client: StoreClient, fakes: FakeServices
) -> None:
    await _crash(state, client)
    fakes.fail("/v1/operations", 404, times=2)
    fakes.fail("/v1/operations", 500)
    report = await RecoveryManager(state, client, UPLOAD).run()
    assert report.reset == names(3)
    assert report.unanswered == [names(4)[3]]


@pytest.mark.asyncio
async def test_recovery_does_not_wait_long_for_one_answer(
    state: AsyncUploadStateManager, client: StoreClient, fakes: FakeServices
) -> None:
    await _crash(state, client)
    fakes.slow("/v1/operations", 2, times=1)
    manager = RecoveryManager(state, client, replace(UPLOAD, recovery_call_timeout=0.4))
    report = await manager.run()
    assert report.unanswered == [names(2)[1]]
    assert report.ready == names(4)[2:]


@pytest.mark.asyncio
async def test_recovery_as_a_whole_has_a_deadline(
    state: AsyncUploadStateManager, client: StoreClient, fakes: FakeServices
) -> None:
    await _crash(state, client)
    fakes.slow("/v1/operations", 2)
    manager = RecoveryManager(state, client, replace(UPLOAD, recovery_timeout=0.1))
    with pytest.raises(RecoveryTimeoutError, match=r"0\.1s") as caught:
        await manager.run()
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@pytest.mark.asyncio
async def test_recovery_leaves_rows_to_whoever_is_moving_them(
    state: AsyncUploadStateManager, conn: aiosqlite.Connection, client: StoreClient, db: Path
) -> None:
    await state.transition(await state.get(FIRST), UploadState.UPLOADING)
    report = await RecoveryManager(Contended(conn, db, times=-1), client, UPLOAD).run()
    assert report.reset == []
