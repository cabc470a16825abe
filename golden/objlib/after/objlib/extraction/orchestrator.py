"""Metadata one lecture at a time, in two waves.

Wave 1 tries every prompt strategy on a small sample. If that went well, the strategy that the
model was most confident with is written to a checkpoint and used for everything else in wave 2,
together with the topics that wave 1 came up with.
"""

from __future__ import annotations

import hashlib
import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import aiosqlite
import httpx
import reactivex as rx
from reactivex import operators as ops

from objlib.config import ExtractionSettings
from objlib.errors import ExtractionParseError, RemoteError
from objlib.extraction.completion_client import CompletionClient
from objlib.extraction.parser import parse_metadata
from objlib.extraction.prompts import STRATEGIES, build_prompt
from objlib.extraction.store import ExtractionStore, describe
from objlib.models import LectureFile, LectureMetadata
from objlib.upload._operators import (
    concat_map,
    do_action,
    dynamic_semaphore,
    flat_map,
    last_value_from,
    rate_limit,
)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one lecture under one strategy."""

    file: LectureFile
    strategy: str
    metadata: LectureMetadata | None
    error: Exception | None = None
    attempts: int = 1

    @property
    def ok(self) -> bool:
        return self.metadata is not None


@dataclass
class ExtractionReport:
    """What a run of the direct pipeline did."""

    run_key: str
    strategy: str | None = None
    wave1: int = 0
    wave2: int = 0
    saved: int = 0
    aborted: bool = False
    errors: dict[str, str] = field(default_factory=dict)


class ExtractionOrchestrator:
    """Runs the direct pipeline over the files that have no metadata yet."""

    def __init__(
        self,
        conn: aiosqlite.Connection,
        client: CompletionClient,
        settings: ExtractionSettings | None = None,
    ) -> None:
        self._store = ExtractionStore(conn)
        self._client = client
        self._settings = settings or ExtractionSettings()
        self._semaphore = dynamic_semaphore(self._settings.concurrency)
        self._limiter = rate_limit(self._settings.requests_per_minute, 60.0)

    async def run(self, *, limit: int | None = None) -> ExtractionReport:
        """Extract metadata for up to ``limit`` files."""
        files = await self._store.pending(limit)
        report = ExtractionReport(run_key=_run_key(files))
        if not files:
            logger.info("nothing to extract")
            return report

        wave1_files = files[: self._settings.sample_size]
        wave2_files = files[self._settings.sample_size :]

        # Wave 1: every strategy on the sample.
        wave1 = rx.from_iterable(
            (file, strategy) for file in wave1_files for strategy in STRATEGIES
        ).pipe(flat_map(lambda pair: self._process_one(*pair)), ops.to_list())

        async def after_wave1(wave1_results: list[Outcome]) -> rx.Observable[ExtractionReport]:
            report.wave1 = len(wave1_results)
            wave1_errors = [result for result in wave1_results if not result.ok]
            if len(wave1_errors) > self._settings.max_wave1_errors:
                logger.error("wave 1 had %d errors, not going on", len(wave1_errors))
                report.aborted = True
                await self._record_errors(wave1_errors, report)
                await self._store.save_checkpoint(
                    report.run_key, state="aborted", strategy=None, payload=_scores(wave1_results)
                )
                return rx.of(report)

            wave1_strategy = best_strategy(wave1_results)
            wave1_topics = common_topics(wave1_results, wave1_strategy)
            report.strategy = wave1_strategy

            async def save(wave1_results: list[Outcome]) -> None:
                await self._save([r for r in wave1_results if r.strategy == wave1_strategy], report)

            async def save_checkpoint(wave1_results: list[Outcome]) -> None:
                await self._store.save_checkpoint(
                    report.run_key,
                    state="wave1",
                    strategy=wave1_strategy,
                    payload=_scores(wave1_results),
                )

            async def wave2(wave1_results: list[Outcome]) -> rx.Observable[ExtractionReport]:
                # Wave 2: the winner on everything else.
                wave2_results = await last_value_from(
                    rx.from_iterable(wave2_files).pipe(
                        flat_map(
                            lambda file: self._process_one(
                                file, wave1_strategy, known_topics=wave1_topics
                            )
                        ),
                        ops.to_list(),
                    )
                )
                report.wave2 = len(wave2_results)
                await self._save(wave2_results, report)
                await self._store.save_checkpoint(
                    report.run_key,
                    state="done",
                    strategy=wave1_strategy,
                    payload=_scores(wave1_results),
                )
                return rx.of(report)

            return rx.of(wave1_results).pipe(
                do_action(save), do_action(save_checkpoint), concat_map(wave2)
            )

        return await last_value_from(wave1.pipe(concat_map(after_wave1)))

    async def _process_one(
        self, file: LectureFile, strategy: str, *, known_topics: tuple[str, ...] = ()
    ) -> Outcome:
        """Ask about one lecture; never raises for what the model or the service did."""
        transcript = await self._store.transcript(file.path)
        prompt = build_prompt(file, transcript, strategy=strategy, known_topics=known_topics)
        last_error: Exception | None = None

        for attempt in range(1, self._settings.max_attempts + 1):
            try:
                async with self._semaphore:
                    async with self._limiter:
                        answer = await self._client.complete(file.path, prompt.text)
                metadata = parse_metadata(answer)
                return Outcome(file, strategy, metadata, attempts=attempt)
            except ExtractionParseError as exc:
                # Another sample of the same model may well be readable.
                logger.warning("%s (%s): %s", file.path, strategy, exc)
                last_error = exc
            except RemoteError as exc:
                if _is_final(exc):
                    return Outcome(file, strategy, None, error=exc, attempts=attempt)
                last_error = exc
            except httpx.TransportError as exc:
                last_error = exc

            if attempt < self._settings.max_attempts:
                delay = self._settings.backoff * 2 ** (attempt - 1)
                logger.info("%s: attempt %d failed, next in %.2fs", file.path, attempt, delay)
                await last_value_from(rx.timer(delay))

        return Outcome(file, strategy, None, error=last_error, attempts=self._settings.max_attempts)

    async def _save(self, results: Sequence[Outcome], report: ExtractionReport) -> None:
        for result in results:
            if result.metadata is None:
                continue
            await self._store.save_metadata(
                result.file, result.metadata, strategy=result.strategy, source="direct"
            )
            report.saved += 1
        await self._record_errors([result for result in results if not result.ok], report)

    async def _record_errors(self, results: Sequence[Outcome], report: ExtractionReport) -> None:
        for result in results:
            error = result.error or RuntimeError("no metadata and no reason")
            report.errors[result.file.path] = describe(error)
            await self._store.save_failure(result.file, error, source="direct")


def _is_final(error: RemoteError) -> bool:
    status = error.status_code
    return status is not None and 400 <= status < 500 and status != 429


def best_strategy(results: Sequence[Outcome]) -> str:
    """The strategy with the highest mean confidence; of equals, the first by name."""
    by_strategy: defaultdict[str, list[float]] = defaultdict(list)
    for result in results:
        if result.metadata is not None:
            by_strategy[result.strategy].append(result.metadata.confidence)
    if not by_strategy:
        return STRATEGIES[0]
    return min(by_strategy, key=lambda name: (-_mean(by_strategy[name]), name))


def common_topics(results: Sequence[Outcome], strategy: str, *, top: int = 5) -> tuple[str, ...]:
    """The topics that ``strategy`` found most often, most frequent first."""
    counts: defaultdict[str, int] = defaultdict(int)
    for result in results:
        if result.metadata is not None and result.strategy == strategy:
            for topic in result.metadata.topics:
                counts[topic] += 1
    return tuple(sorted(counts, key=lambda topic: (-counts[topic], topic))[:top])


def _scores(results: Sequence[Outcome]) -> dict[str, dict[str, float | None]]:
    scores: defaultdict[str, dict[str, float | None]] = defaultdict(dict)
    for result in results:
        metadata = result.metadata
        scores[result.file.path][result.strategy] = (
            None if metadata is None else round(metadata.confidence, 4)
        )
    return dict(scores)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _run_key(files: Sequence[LectureFile]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.path}\0{file.sha256}\n".encode())
    return f"run-{digest.hexdigest()[:12]}"
