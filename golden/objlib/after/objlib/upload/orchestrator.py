"""Uploading the library to the search store.

Files go out in batches. Launches within a batch are staggered, so that the store sees a slope and
not a wall; as soon as all of a batch are sent, their indexing is watched together. When the store
shows signs of trouble, the next batches go through a narrower door. What failed for reasons that
may pass gets a second chance after a cooldown.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import aiosqlite
import httpx
import reactivex as rx
from reactivex import operators as ops
from reactivex.subject import BehaviorSubject

from objlib.config import UploadSettings
from objlib.errors import (
    ObjlibError,
    OCCConflictError,
    OperationTimeoutError,
    RateLimitedError,
    RemoteError,
    UploadRejectedError,
)
from objlib.upload._operators import (
    EventSubject,
    TryAgain,
    concat_map,
    dynamic_semaphore,
    flat_map,
    last_value_from,
    pull_from,
    take_until,
    upload_with_retry,
)
from objlib.upload.circuit_breaker import CircuitBreaker
from objlib.upload.client import Document, Operation, StoreClient
from objlib.upload.rate_limiter import RateLimiter
from objlib.upload.state import AsyncUploadStateManager, UploadRow, UploadState

logger = logging.getLogger(__name__)

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@dataclass
class UploadReport:
    """What a run did."""

    ready: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    retried: list[str] = field(default_factory=list)
    batches: int = 0
    interrupted: bool = False


class UploadOrchestrator:
    """Moves pending files into the store."""

    def __init__(
        self,
        conn: aiosqlite.Connection,
        client: StoreClient,
        settings: UploadSettings | None = None,
        *,
        breaker: CircuitBreaker | None = None,
        rng: random.Random | None = None,
    ) -> None:
        self._conn = conn
        self._client = client
        self._settings = settings or UploadSettings()
        self._state = AsyncUploadStateManager(conn, occ_backoff=self._settings.occ_backoff)
        self._breaker = breaker or CircuitBreaker(
            window=self._settings.breaker_window, threshold=self._settings.breaker_threshold
        )
        self._rng = rng or random.Random()
        self._rate_limiter = RateLimiter(self._settings.requests_per_second)
        self._upload_limit = BehaviorSubject(self._settings.concurrency)
        self._upload_semaphore = dynamic_semaphore(self._upload_limit)
        self._poll_semaphore = dynamic_semaphore(self._settings.poll_concurrency)
        self._shutdown = EventSubject()

    def request_shutdown(self) -> None:
        """Finish the batch that is running, then stop."""
        if not self._shutdown.is_set():
            logger.warning("shutting down after this batch")
            self._shutdown.set()

    async def run(self, *, limit: int | None = None) -> UploadReport:
        """Upload up to ``limit`` pending files."""
        report = UploadReport()
        self._install_signal_handlers()
        try:
            await self._client.ensure_store()
            await self._state.enqueue_new()
            rows = await self._state.in_state(UploadState.PENDING, limit=limit)
            logger.info("uploading %d files", len(rows))

            async def each_batch(batch: Sequence[UploadRow]) -> None:
                report.batches += 1
                again = await self._run_batch(batch, report)
                self._narrow_if_in_trouble()
                if again and not self._shutdown.is_set():
                    logger.info("%d to retry, cooling down first", len(again))
                    await last_value_from(rx.timer(self._settings.cooldown))
                    await self._retry_pass(again, report)

            await last_value_from(
                pull_from(_chunked(rows, self._settings.batch_size)).pipe(
                    take_until(self._shutdown), concat_map(each_batch), ops.default_if_empty()
                )
            )
            report.interrupted = self._shutdown.is_set()
        finally:
            self._remove_signal_handlers()
        logger.info("%d ready, %d failed", len(report.ready), len(report.failed))
        return report

    async def _run_batch(self, batch: Sequence[UploadRow], report: UploadReport) -> list[UploadRow]:
        """Send and index one batch; returns the rows that deserve a second chance."""
        results = await last_value_from(
            rx.zip(rx.from_iterable(batch), rx.timer(0, self._settings.stagger)).pipe(
                ops.starmap(lambda row, _: asyncio.create_task(self._upload_one(row))),
                ops.to_list(),
                ops.flat_map(rx.from_iterable),
                flat_map(lambda task: task, return_exceptions=True),
                ops.to_list(),
            )
        )

        sent: list[UploadRow] = []
        again: list[UploadRow] = []
        for row, result in zip(batch, results, strict=True):
            if isinstance(result, BaseException):
                again.extend(await self._record_failure(row, result, report))
            else:
                sent.append(result)
        again.extend(await self._watch(sent, report))
        return again

    async def _retry_pass(self, rows: Sequence[UploadRow], report: UploadReport) -> None:
        """Give failed rows one more chance, all at once."""
        pending = [await self._state.reset(row.path) for row in rows]
        report.retried.extend(row.path for row in pending)
        results = await last_value_from(
            rx.from_iterable(pending).pipe(
                flat_map(self._upload_one, return_exceptions=True), ops.to_list()
            )
        )

        sent: list[UploadRow] = []
        for row, result in zip(pending, results, strict=True):
            if isinstance(result, BaseException):
                await self._record_failure(row, result, report)
            else:
                report.failed.pop(row.path, None)
                sent.append(result)
        await self._watch(sent, report)

    async def _watch(self, sent: Sequence[UploadRow], report: UploadReport) -> list[UploadRow]:
        """Wait until the store has indexed what was sent."""
        results = await last_value_from(
            rx.from_iterable(sent).pipe(
                flat_map(self._poll_one, return_exceptions=True), ops.to_list()
            )
        )
        again: list[UploadRow] = []
        for row, result in zip(sent, results, strict=True):
            if isinstance(result, BaseException):
                again.extend(await self._record_failure(row, result, report))
            else:
                report.ready.append(row.path)
        return again

    async def _upload_one(self, row: UploadRow) -> UploadRow:
        """Send one file; the row is ``indexing`` afterwards."""
        document = await self._document(row.path)
        claimed = await self._state.transition(
            row, UploadState.UPLOADING, attempts=row.attempts + 1
        )
        operation = await self._send(document)
        return await self._state.transition(claimed, UploadState.INDEXING, operation=operation.name)

    async def _send(self, document: Document) -> Operation:
        """Send a document; when throttled, wait right here and keep the place in the batch."""

        async def request(document: Document) -> Operation:
            await self._rate_limiter.acquire()
            try:
                async with self._upload_semaphore:
                    operation = await self._client.upload(document)
            except RateLimitedError as exc:
                self._breaker.record_failure()
                raise TryAgain from exc
            except (RemoteError, httpx.TransportError):
                self._breaker.record_failure()
                raise
            else:
                self._breaker.record_success()
                return operation

        def backoff(attempt: int, exc: RateLimitedError) -> float:
            # Full jitter: those who were throttled together must not come back together.
            ceiling = min(
                self._settings.rate_limit_cap, self._settings.rate_limit_base * 2**attempt
            )
            delay = max(self._rng.uniform(0, ceiling), exc.retry_after or 0.0)
            logger.info("%s: throttled, again in %.2fs", document.path, delay)
            return delay

        if self._settings.rate_limit_retries >= 0:
            return await last_value_from(
                upload_with_retry(
                    document,
                    request,
                    max_attempts=self._settings.rate_limit_retries + 1,
                    retry_on=TryAgain,
                    backoff=backoff,
                )
            )
        raise AssertionError("unreachable")

    async def _poll_one(self, row: UploadRow) -> UploadRow:
        """Wait for one file; the row is ``ready`` afterwards."""
        assert row.operation is not None
        async with self._poll_semaphore:
            operation = await self._client.wait_until_indexed(
                row.operation, timeout=self._settings.operation_timeout
            )
        return await self._state.transition(row, UploadState.READY, remote_id=operation.file_id)

    async def _record_failure(
        self, row: UploadRow, error: BaseException, report: UploadReport
    ) -> list[UploadRow]:
        """Write a failure down; returns the row if it may go better next time."""
        message = _describe(error)
        logger.error("%s: %s", row.path, message)
        report.failed[row.path] = message
        if isinstance(error, OCCConflictError):
            # Another process has the file now, and with it the right to say how that ends.
            return []
        failed = await self._state.mark_failed(row.path, message)
        return [failed] if _may_pass(error) else []

    async def _document(self, path: str) -> Document:
        async with self._conn.execute(
            "SELECT f.path, f.title, f.course, t.text, m.topics FROM files AS f"
            " JOIN transcripts AS t USING (path) LEFT JOIN lecture_metadata AS m USING (path)"
            " WHERE f.path = ?",
            (path,),
        ) as cursor:
            row = await cursor.fetchone()
        if row is None:
            raise ObjlibError(f"{path}: no transcript, run scan again")
        topics = tuple(json.loads(row["topics"])) if row["topics"] else ()
        return Document(row["path"], row["title"], row["course"], row["text"], topics)

    def _narrow_if_in_trouble(self) -> None:
        if self._breaker.should_slow_down:
            self._breaker.trip()
            # Between batches nobody holds a permit, so the old one can simply be dropped.
            self._upload_limit.on_next(self._settings.reduced_concurrency)
            self._rate_limiter.penalise(self._settings.stagger)

    def _install_signal_handlers(self) -> None:
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            try:
                loop.add_signal_handler(number, self.request_shutdown)
            except (NotImplementedError, RuntimeError, ValueError):
                logger.debug("no handler for signal %s here", number)

    def _remove_signal_handlers(self) -> None:
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            try:
                loop.remove_signal_handler(number)
            except (NotImplementedError, RuntimeError, ValueError):
                logger.debug("no handler for signal %s to remove", number)


def _may_pass(error: BaseException) -> bool:
    if isinstance(error, UploadRejectedError):
        return False
    return isinstance(error, RemoteError | OperationTimeoutError | httpx.TransportError)


def _describe(error: BaseException) -> str:
    if isinstance(error, httpx.HTTPError):
        return f"connection trouble ({type(error).__name__})"
    return str(error) or type(error).__name__


def _chunked(rows: Sequence[UploadRow], size: int) -> Iterator[Sequence[UploadRow]]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
