"""The direct pipeline in its two waves."""

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
from objlib.extraction.completion_client import CompletionClient
from objlib.extraction.orchestrator import (
    ExtractionOrchestrator,
    ExtractionReport,
    Outcome,
    best_strategy,
    common_topics,
)
from objlib.models import LectureFile, LectureMetadata
from support import EXTRACTION, rows

FILE = LectureFile("a/01 - b.txt", "a", 1, "b", "0", 1)


@pytest_asyncio.fixture
async def client(fakes: FakeServices) -> AsyncIterator[CompletionClient]:
    async with CompletionClient(fakes.url) as client:
        yield client


async def _run(
    conn: aiosqlite.Connection, client: CompletionClient, limit: int | None = None, **settings: Any
) -> ExtractionReport:
    orchestrator = ExtractionOrchestrator(conn, client, replace(EXTRACTION, **settings))
    return await orchestrator.run(limit=limit)


def _outcome(strategy: str, confidence: float, *topics: str) -> Outcome:
    return Outcome(FILE, strategy, LectureMetadata("s", topics, "advanced", confidence))


def test_best_strategy_is_the_most_confident_then_the_first_by_name() -> None:
    results = [_outcome("b", 0.5), _outcome("a", 0.2), _outcome("a", 0.8), _outcome("c", 0.1)]
    assert best_strategy(results) == "a"
    assert best_strategy([Outcome(FILE, "summary", None)]) == "keywords"


def test_common_topics_are_those_of_the_strategy_by_frequency() -> None:
    results = [_outcome("a", 1, "x", "y"), _outcome("a", 1, "y", "z"), _outcome("b", 1, "w")]
    assert common_topics(results, "a", top=2) == ("y", "x")


@pytest.mark.asyncio
async def test_wave_one_tries_all_strategies_and_wave_two_the_best(
    conn: aiosqlite.Connection, client: CompletionClient, db: Path, fakes: FakeServices
) -> None:
    report = await _run(conn, client)
    assert (report.wave1, report.wave2, report.saved) == (6, 5, 7)
    assert report.strategy == "keywords"
    assert fakes.calls("POST", "/v1/complete") == 11
    assert rows(db, "SELECT DISTINCT strategy, source FROM lecture_metadata") == [
        ("keywords", "direct")
    ]


@pytest.mark.asyncio
async def test_wave_two_knows_the_topics_of_wave_one(
    conn: aiosqlite.Connection, client: CompletionClient, fakes: FakeServices
) -> None:
    await _run(conn, client)
    prompts = {r.body["custom_id"]: r.body["prompt"] for r in fakes.requests}
    assert "Prefer these topics" not in prompts[names(7)[0]]
    assert all("Prefer these topics" in prompts[path] for path in names(7)[2:])


@pytest.mark.asyncio
async def test_wave_two_starts_after_wave_one_and_its_checkpoint(
    conn: aiosqlite.Connection, client: CompletionClient, fakes: FakeServices
) -> None:
    fakes.slow("/v1/complete", 0.05, match="01 - Sorting")
    await _run(conn, client)
    order = [r.body["custom_id"] for r in fakes.requests]
    assert set(order[:6]) == set(names(2))
    assert set(order[6:]) == set(names(7)[2:])


@pytest.mark.asyncio
async def test_checkpoint_holds_the_scores(
    conn: aiosqlite.Connection, client: CompletionClient, db: Path
) -> None:
    report = await _run(conn, client)
    ((state, strategy, payload),) = rows(
        db,
        "SELECT state, strategy, payload FROM checkpoints WHERE run_key = ?",
        report.run_key,
    )
    assert (state, strategy) == ("done", "keywords")
    assert sorted(json.loads(payload)) == names(2)


@pytest.mark.asyncio
async def test_checkpoint_survives_a_wave_two_that_dies(
    conn: aiosqlite.Connection, client: CompletionClient, db: Path
) -> None:
    await conn.execute("DELETE FROM transcripts WHERE path = ?", (names(7)[4],))
    with pytest.raises(Exception, match="no transcript"):
        await _run(conn, client)
    assert rows(db, "SELECT state FROM checkpoints") == [("wave1",)]
    assert rows(db, "SELECT count(*) FROM lecture_metadata") == [(2,)]


@pytest.mark.asyncio
async def test_errors_in_wave_one_stop_the_run(
    conn: aiosqlite.Connection, client: CompletionClient, db: Path, fakes: FakeServices
) -> None:
    fakes.fail("/v1/complete", 400, times=-1, match="02 - Hashing")
    report = await _run(conn, client)
    assert (report.aborted, report.wave1, report.wave2, report.saved) == (True, 6, 0, 0)
    assert report.errors == {names(2)[1]: "completion answered 400"}
    assert rows(db, "SELECT state, strategy FROM checkpoints") == [("aborted", None)]
    assert fakes.calls("POST", "/v1/complete") == 6


@pytest.mark.asyncio
async def test_some_errors_in_wave_one_can_be_allowed(
    conn: aiosqlite.Connection, client: CompletionClient, fakes: FakeServices
) -> None:
    fakes.fail("/v1/complete", 400, times=-1, match="Strategy: keywords")
    report = await _run(conn, client, max_wave1_errors=2)
    assert (report.aborted, report.strategy, report.saved) == (False, "outline", 7)


@pytest.mark.asyncio
async def test_trouble_is_retried_a_bounded_number_of_times(
    conn: aiosqlite.Connection, client: CompletionClient, fakes: FakeServices
) -> None:
    fakes.fail("/v1/complete", 429, times=2, match="06 - Complexity")
    fakes.fail("/v1/complete", 500, times=-1, match="05 - Flows")
    report = await _run(conn, client)
    assert report.errors == {names(7)[4]: "completion answered 500"}
    assert report.saved == 6
    sent = [r.body["custom_id"] for r in fakes.requests]
    assert sent.count(names(7)[4]) == 3
    assert sent.count(names(7)[5]) == 3


@pytest.mark.asyncio
async def test_unreadable_answers_are_asked_for_again(
    conn: aiosqlite.Connection, client: CompletionClient, fakes: FakeServices
) -> None:
    fakes.answer_badly("06 - Complexity", times=2)
    fakes.answer_badly("05 - Flows", times=-1)
    report = await _run(conn, client)
    assert report.errors == {names(7)[4]: "answer is not JSON: Expecting value"}


@pytest.mark.asyncio
@pytest.mark.parametrize("concurrency", [1, 3])
async def test_no_more_requests_at_once_than_allowed(
    conn: aiosqlite.Connection, client: CompletionClient, fakes: FakeServices, concurrency: int
) -> None:
    fakes.slow("/v1/complete", 0.02)
    await _run(conn, client, concurrency=concurrency)
    assert fakes.peak("POST", "/v1/complete") == concurrency


@pytest.mark.asyncio
async def test_backing_off_does_not_hold_a_place(
    conn: aiosqlite.Connection, client: CompletionClient, fakes: FakeServices
) -> None:
    """With one place only, others get through while the throttled lecture waits."""
    fakes.fail("/v1/complete", 429, match="03 - Graphs")
    report = await _run(conn, client, concurrency=1, backoff=0.3)
    assert report.saved == 7
    order = [r.body["custom_id"] for r in fakes.requests]
    assert order[-1] == names(7)[2]


@pytest.mark.asyncio
async def test_fewer_lectures_than_the_sample(
    conn: aiosqlite.Connection, client: CompletionClient
) -> None:
    report = await _run(conn, client, limit=1)
    assert (report.wave1, report.wave2, report.saved) == (3, 0, 1)


@pytest.mark.asyncio
async def test_nothing_to_do(conn: aiosqlite.Connection, client: CompletionClient) -> None:
    await conn.execute("UPDATE files SET missing = 1")
    report = await _run(conn, client)
    assert (report.wave1, report.saved, report.aborted) == (0, 0, False)
