"""Prompts, answers and the two HTTP clients of the extraction pipelines."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from fakes import FakeServices, answer
from objlib.errors import (
    BatchJobCancelledError,
    BatchJobFailedError,
    ExtractionParseError,
    RateLimitedError,
    RemoteError,
)
from objlib.extraction.batch_client import BatchClient, BatchJob, JobState
from objlib.extraction.completion_client import CompletionClient
from objlib.extraction.parser import parse_metadata
from objlib.extraction.prompts import MAX_TRANSCRIPT_CHARS, STRATEGIES, build_prompt
from objlib.models import LectureFile
from support import BATCH

FILE = LectureFile("Course/01 - Title.txt", "Course", 1, "Title", "0" * 64, 10)
GOOD = {"summary": "S.", "topics": ["A", "a", " b "], "difficulty": "Advanced", "confidence": 2}


def _client(fakes: FakeServices, **settings: Any) -> BatchClient:
    values: dict[str, Any] = {
        "max_retries": BATCH.max_retries,
        "retry_base": BATCH.retry_base,
        "poll_interval": BATCH.poll_interval,
        "poll_cap": BATCH.poll_cap,
    }
    return BatchClient(fakes.url, **{**values, **settings})


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_prompt_names_its_strategy_and_lecture(strategy: str) -> None:
    text = build_prompt(FILE, "Hello.", strategy=strategy).text
    assert f"Strategy: {strategy}." in text
    assert text.endswith("Title: Title\nTranscript:\nHello.\n")


def test_prompt_cuts_long_transcripts_and_mentions_topics() -> None:
    text = build_prompt(FILE, "x" * 2 * MAX_TRANSCRIPT_CHARS, known_topics=("a", "b")).text
    assert text.count("x") < MAX_TRANSCRIPT_CHARS + 100
    assert "Prefer these topics where they fit: a, b." in text


def test_parse_normalises() -> None:
    found = parse_metadata(json.dumps(GOOD))
    assert (found.topics, found.difficulty, found.confidence) == (("a", "b"), "advanced", 1.0)


def test_parse_takes_fences() -> None:
    assert parse_metadata(f"```json\n{json.dumps(GOOD)}\n```").summary == "S."


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("sorry", "not JSON"),
        ("[1]", "a list"),
        (json.dumps({**GOOD, "summary": " "}), "summary"),
        (json.dumps({**GOOD, "topics": "a"}), "topics"),
        (json.dumps({**GOOD, "difficulty": "hard"}), "unknown difficulty"),
        (json.dumps({**GOOD, "confidence": True}), "confidence"),
    ],
)
def test_parse_refuses(text: str, reason: str) -> None:
    with pytest.raises(ExtractionParseError, match=reason):
        parse_metadata(text)


async def _submitted(client: BatchClient, count: int = 2) -> BatchJob:
    ids = [
        await client.upload_input(f"lecture-{i}", build_prompt(FILE, f"Text {i}.").text)
        for i in range(count)
    ]
    return await client.submit("name", ids)


@pytest.mark.asyncio
async def test_submit_status_download(fakes: FakeServices) -> None:
    async with _client(fakes) as client:
        job = await _submitted(client)
        assert (job.state, job.total) == (JobState.QUEUED, 2)
        assert (await client.status(job.id)).state is JobState.SUCCEEDED
        results = {result.custom_id: result for result in await client.download(job.id)}
    assert sorted(results) == ["lecture-0", "lecture-1"]
    assert results["lecture-1"].answer == answer(build_prompt(FILE, "Text 1.").text)


@pytest.mark.asyncio
async def test_api_key_is_sent(fakes: FakeServices) -> None:
    async with _client(fakes, api_key="k") as client:
        await client.queue()
    assert fakes.requests[-1].headers["authorization"] == "Bearer k"


@pytest.mark.asyncio
async def test_wait_returns_once_the_job_succeeded(fakes: FakeServices) -> None:
    fakes.job_polls = 4
    seen: list[str] = []
    async with _client(fakes) as client:
        job = await _submitted(client)
        done = await client.wait_for_completion(
            job.id, timeout=5, on_progress=lambda job: seen.append(job.state.value)
        )
    assert (done.state, done.completed) == (JobState.SUCCEEDED, 2)
    assert seen == ["running"] * 3 + ["succeeded"]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("state", "error"),
    [("failed", BatchJobFailedError), ("cancelled", BatchJobCancelledError)],
)
async def test_wait_raises_when_the_job_ends_badly(
    fakes: FakeServices, state: str, error: type[Exception]
) -> None:
    fakes.job_polls = 2
    fakes.end_job(state, error="no quota")
    async with _client(fakes) as client:
        job = await _submitted(client)
        with pytest.raises(error, match=job.id):
            await client.wait_for_completion(job.id, timeout=5)
    assert fakes.calls("GET", "/v1/batches/") == 2


@pytest.mark.asyncio
async def test_wait_gives_up_after_what_it_slept(fakes: FakeServices) -> None:
    """0.01 + 0.015 + 0.02 (the cap) + 0.02 seconds: a fifth look would be past the deadline."""
    fakes.job_polls = 1000
    async with _client(fakes, poll_interval=0.01, poll_cap=0.02) as client:
        job = await _submitted(client)
        with pytest.raises(TimeoutError, match=r"after 0\.05s"):
            await client.wait_for_completion(job.id, timeout=0.05)
    assert fakes.calls("GET", "/v1/batches/") == 4


@pytest.mark.asyncio
async def test_wait_without_time_does_not_even_look(fakes: FakeServices) -> None:
    async with _client(fakes) as client:
        job = await _submitted(client)
        with pytest.raises(TimeoutError):
            await client.wait_for_completion(job.id, timeout=0)
    assert fakes.calls("GET", "/v1/batches/") == 0


@pytest.mark.asyncio
async def test_wait_passes_on_what_status_raises(fakes: FakeServices) -> None:
    async with _client(fakes) as client:
        with pytest.raises(RemoteError, match="404"):
            await client.wait_for_completion("job-unknown", timeout=1)


@pytest.mark.asyncio
@pytest.mark.parametrize("status", [429, 500, 503])
async def test_trouble_is_retried(fakes: FakeServices, status: int) -> None:
    fakes.fail("/v1/batches$", status, times=2)
    async with _client(fakes) as client:
        await _submitted(client)
    assert fakes.calls("POST", "/v1/batches") == 3


@pytest.mark.asyncio
async def test_trouble_without_end_is_raised(fakes: FakeServices) -> None:
    fakes.fail("/v1/queue", 429, times=-1, retry_after=0.001)
    async with _client(fakes) as client:
        with pytest.raises(RateLimitedError) as caught:
            await client.queue()
    assert caught.value.retry_after == 0.001
    assert fakes.calls("GET", "/v1/queue") == BATCH.max_retries + 1


@pytest.mark.asyncio
async def test_our_own_mistakes_are_not_retried(fakes: FakeServices) -> None:
    async with _client(fakes) as client:
        with pytest.raises(RemoteError) as caught:
            await client.submit("name", ["in-unknown"])
    assert caught.value.status_code == 400
    assert fakes.calls("POST", "/v1/batches") == 1


@pytest.mark.asyncio
async def test_completion_client_never_retries(fakes: FakeServices) -> None:
    fakes.fail("/v1/complete", 429)
    fakes.fail("/v1/complete", 502)
    async with CompletionClient(fakes.url) as client:
        with pytest.raises(RateLimitedError):
            await client.complete("a", "Transcript:\nHello world.")
        with pytest.raises(RemoteError, match="502"):
            await client.complete("a", "Transcript:\nHello world.")
        assert "Hello world" in await client.complete("a", "Transcript:\nHello world.")


@pytest.mark.asyncio
async def test_a_slow_service_is_a_timeout(fakes: FakeServices) -> None:
    fakes.slow("/v1/complete", 0.3)
    async with CompletionClient(fakes.url, http_timeout=0.05) as client:
        with pytest.raises(httpx.TimeoutException):
            await client.complete("a", "b")
