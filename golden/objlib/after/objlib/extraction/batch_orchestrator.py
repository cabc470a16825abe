"""Metadata for many lectures at once, through the batch API.

Half the price of asking one by one, and nobody waits in front of the screen: prompts are uploaded,
grouped into jobs, the jobs are watched until they end, and their output is written back.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import aiosqlite
import reactivex as rx
from reactivex import operators as ops

from objlib.config import BatchSettings
from objlib.errors import ExtractionParseError, ObjlibError
from objlib.extraction.batch_client import BatchClient, BatchJob, BatchResult
from objlib.extraction.parser import parse_metadata
from objlib.extraction.prompts import DEFAULT_STRATEGY, Prompt, build_prompt
from objlib.extraction.store import ExtractionStore, describe
from objlib.models import LectureFile
from objlib.upload._operators import flat_map, last_value_from, poll, rate_limit

logger = logging.getLogger(__name__)


@dataclass
class BatchReport:
    """What a run of the batch pipeline did."""

    planned: list[str] = field(default_factory=list)
    jobs: int = 0
    succeeded: int = 0
    failed: int = 0
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return self.failed == 0


@dataclass(frozen=True, slots=True)
class JobOutcome:
    """A job that ended well, and what it produced."""

    job: BatchJob
    results: dict[str, BatchResult]


class BatchOrchestrator:
    """Runs the batch pipeline over the files that have no metadata yet."""

    def __init__(
        self,
        conn: aiosqlite.Connection,
        client: BatchClient,
        settings: BatchSettings | None = None,
        *,
        strategy: str = DEFAULT_STRATEGY,
    ) -> None:
        self._store = ExtractionStore(conn)
        self._client = client
        self._settings = settings or BatchSettings()
        self._strategy = strategy
        # The service counts submitted jobs by the minute and is strict about it.
        self._submit_limiter = rate_limit(self._settings.submits_per_minute, 60.0)

    async def run(self, *, limit: int | None = None, dry_run: bool = False) -> BatchReport:
        """Extract metadata for up to ``limit`` files; with ``dry_run`` only say for which."""
        files = await self._store.pending(limit)
        report = BatchReport(planned=[file.path for file in files])
        if not files:
            logger.info("nothing to extract")
            return report
        if dry_run:
            return report

        prompts = [await self._prompt_for(file) for file in files]
        chunks = list(_chunked(prompts, self._settings.batch_size))
        logger.info("extracting %d lectures in %d jobs", len(files), len(chunks))

        outcomes = await last_value_from(
            rx.from_iterable(chunks).pipe(
                flat_map(self._run_job, return_exceptions=True), ops.to_list()
            )
        )
        for chunk, outcome in zip(chunks, outcomes, strict=True):
            report.jobs += 1
            if isinstance(outcome, BaseException):
                await self._record_lost_job(chunk, outcome, report)
            else:
                await self._record_job(chunk, outcome, report)
        logger.info("%d extracted, %d failed", report.succeeded, report.failed)
        return report

    async def _prompt_for(self, file: LectureFile) -> Prompt:
        transcript = await self._store.transcript(file.path)
        return build_prompt(file, transcript, strategy=self._strategy)

    async def _run_job(self, chunk: Sequence[Prompt]) -> JobOutcome:
        """Take one job from prompts to output."""
        name = job_name(chunk)
        await self._store.save_job(name, requested=len(chunk), state="uploading")
        input_ids = await self._upload_inputs(chunk)

        await self._wait_for_room()
        async with self._submit_limiter:
            job = await self._client.submit(name, input_ids)
        await self._store.save_job(
            name, requested=len(chunk), state=job.state.value, remote_id=job.id
        )

        job = await self._client.wait_for_completion(
            job.id, timeout=self._settings.timeout, on_progress=_log_progress
        )
        results = await self._client.download(job.id)
        return JobOutcome(job=job, results={result.custom_id: result for result in results})

    async def _upload_inputs(self, chunk: Sequence[Prompt]) -> list[str]:
        """Upload the prompts of a job, a few at a time; ids come back in the order of prompts."""

        async def upload_one(prompt: Prompt) -> str:
            input_id = await self._client.upload_input(prompt.file.path, prompt.text)
            logger.debug("uploaded %s as %s", prompt.file.path, input_id)
            return input_id

        return await last_value_from(
            rx.from_iterable(chunk).pipe(
                flat_map(upload_one, max_concurrent=self._settings.max_concurrent_inputs),
                ops.to_list(),
            )
        )

    async def _wait_for_room(self) -> None:
        """Hold back until the service takes another job.

        A submit over capacity is not refused but silently dropped hours later, so ask first.
        """

        async def check(_: int) -> bool:
            queue = await self._client.queue()
            if queue.has_room:
                return False
            logger.info("queue is full (%d of %d), waiting", queue.pending, queue.capacity)
            return True

        await last_value_from(
            rx.defer(lambda _: rx.interval(self._settings.queue_poll_interval)).pipe(
                poll(check), ops.take_while(lambda pending: pending, inclusive=True), ops.last()
            )
        )

    async def _record_job(
        self, chunk: Sequence[Prompt], outcome: JobOutcome, report: BatchReport
    ) -> None:
        succeeded = 0
        for prompt in chunk:
            try:
                metadata = parse_metadata(_answer(prompt, outcome.results))
            except ObjlibError as exc:
                await self._record_failure(prompt, exc, report)
                continue
            await self._store.save_metadata(
                prompt.file, metadata, strategy=prompt.strategy, source="batch"
            )
            succeeded += 1
        report.succeeded += succeeded
        await self._store.save_job(
            job_name(chunk),
            requested=len(chunk),
            state=outcome.job.state.value,
            succeeded=succeeded,
            failed=len(chunk) - succeeded,
        )

    async def _record_lost_job(
        self, chunk: Sequence[Prompt], error: BaseException, report: BatchReport
    ) -> None:
        logger.error("%s is lost: %s", job_name(chunk), describe(error))
        for prompt in chunk:
            await self._record_failure(prompt, error, report)
        await self._store.save_job(
            job_name(chunk),
            requested=len(chunk),
            state="lost",
            failed=len(chunk),
            error=describe(error),
        )

    async def _record_failure(
        self, prompt: Prompt, error: BaseException, report: BatchReport
    ) -> None:
        report.failed += 1
        report.errors[prompt.file.path] = describe(error)
        await self._store.save_failure(prompt.file, error, source="batch")


def job_name(chunk: Sequence[Prompt]) -> str:
    """A name that is the same whenever the same content is submitted."""
    digest = hashlib.sha256()
    for prompt in chunk:
        digest.update(f"{prompt.file.path}\0{prompt.file.sha256}\0{prompt.strategy}\n".encode())
    return f"lectures-{digest.hexdigest()[:12]}"


def _answer(prompt: Prompt, results: dict[str, BatchResult]) -> str:
    result = results.get(prompt.file.path)
    if result is None:
        raise ExtractionParseError("the job has no line for this lecture")
    if result.answer is None:
        raise ExtractionParseError(result.error or "the job has no answer for this lecture")
    return result.answer


def _chunked(prompts: Sequence[Prompt], size: int) -> Iterator[Sequence[Prompt]]:
    for start in range(0, len(prompts), size):
        yield prompts[start : start + size]


def _log_progress(job: BatchJob) -> None:
    logger.info("batch job %s: %s, %d of %d", job.id, job.state, job.completed, job.total)
