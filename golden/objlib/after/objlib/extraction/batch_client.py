"""HTTP client of the batch completion API."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from typing import Any, Self

import httpx
import reactivex as rx
from reactivex import operators as ops

from objlib.errors import (
    BatchJobCancelledError,
    BatchJobFailedError,
    RateLimitedError,
    RemoteError,
)
from objlib.upload._operators import PENDING, last_value_from, poll

logger = logging.getLogger(__name__)

#: Answers after which the same request may be sent again.
RETRYABLE_STATUS = frozenset({429, 500, 502, 503, 504})


class JobState(StrEnum):
    """Where a batch job is in its life."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class BatchJob:
    """A job, as the service last described it."""

    id: str
    state: JobState
    total: int = 0
    completed: int = 0
    error: str | None = None

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> BatchJob:
        return cls(
            id=data["id"],
            state=JobState(data["state"]),
            total=data.get("total", 0),
            completed=data.get("completed", 0),
            error=data.get("error"),
        )


@dataclass(frozen=True, slots=True)
class BatchResult:
    """One line of a job's output: an answer, or why there is none."""

    custom_id: str
    answer: str | None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class QueueStatus:
    """How busy the service is."""

    pending: int
    capacity: int

    @property
    def has_room(self) -> bool:
        return self.pending < self.capacity


class BatchClient:
    """Submits jobs, watches them and fetches what they produced.

    Throttling and server errors are retried here, a bounded number of times; anything else that
    is not a success is raised as ``RemoteError``.
    """

    def __init__(
        self,
        base_url: str,
        *,
        api_key: str = "",
        http_timeout: float = 30.0,
        max_retries: int = 4,
        retry_base: float = 0.5,
        poll_interval: float = 5.0,
        poll_cap: float = 60.0,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        headers = {"authorization": f"Bearer {api_key}"} if api_key else {}
        self._http = httpx.AsyncClient(
            base_url=base_url, headers=headers, timeout=http_timeout, transport=transport
        )
        self._max_retries = max_retries
        self._retry_base = retry_base
        self._poll_interval = poll_interval
        self._poll_cap = poll_cap

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        await self._http.aclose()

    async def upload_input(self, custom_id: str, prompt: str) -> str:
        """Store one prompt with the service; returns its input id."""
        data = await self._request(
            "POST", "/v1/inputs", json={"custom_id": custom_id, "prompt": prompt}
        )
        return str(data["id"])

    async def queue(self) -> QueueStatus:
        """How many jobs are waiting, and how many may."""
        data = await self._request("GET", "/v1/queue")
        return QueueStatus(pending=data["pending"], capacity=data["capacity"])

    async def submit(self, name: str, input_ids: Sequence[str]) -> BatchJob:
        """Start a job over inputs that were uploaded before."""
        data = await self._request(
            "POST", "/v1/batches", json={"name": name, "input_ids": list(input_ids)}
        )
        job = BatchJob.from_json(data)
        logger.info("submitted batch %s (%d inputs) as %s", name, len(input_ids), job.id)
        return job

    async def status(self, job_id: str) -> BatchJob:
        """Ask how a job is doing."""
        return BatchJob.from_json(await self._request("GET", f"/v1/batches/{job_id}"))

    async def download(self, job_id: str) -> list[BatchResult]:
        """Fetch the output of a finished job (JSON lines, in no particular order)."""
        response = await self._send("GET", f"/v1/batches/{job_id}/results")
        results = []
        for line in response.text.splitlines():
            if not line.strip():
                continue
            item = json.loads(line)
            results.append(
                BatchResult(
                    custom_id=item["custom_id"],
                    answer=item.get("answer"),
                    error=item.get("error"),
                )
            )
        return results

    async def wait_for_completion(
        self,
        job_id: str,
        *,
        timeout: float = 3600.0,
        on_progress: Callable[[BatchJob], None] | None = None,
    ) -> BatchJob:
        """Poll a job until it succeeded, less and less often.

        Raises:
            BatchJobFailedError: the service gave up on the job.
            BatchJobCancelledError: somebody cancelled it.
            TimeoutError: it was still going after ``timeout`` seconds of waiting.
        """
        interval = self._poll_interval
        elapsed = 0.0

        async def check(n: int) -> BatchJob:
            nonlocal elapsed, interval
            if n:
                elapsed += interval
                # Jobs take minutes to hours: no use in asking as often as in the beginning.
                interval = min(interval * 1.5, self._poll_cap)
            if not elapsed < timeout:
                raise TimeoutError(f"batch job {job_id} still not done after {timeout:g}s")
            job = await self.status(job_id)
            if on_progress is not None:
                on_progress(job)

            if job.state == JobState.SUCCEEDED:
                logger.info("batch job %s succeeded (%d/%d)", job_id, job.completed, job.total)
                return job
            if job.state == JobState.FAILED:
                raise BatchJobFailedError(job_id, job.error or "failed without a reason")
            if job.state == JobState.CANCELLED:
                raise BatchJobCancelledError(job_id, "was cancelled")

            logger.debug("batch job %s is %s, next look in %.1fs", job_id, job.state, interval)
            return PENDING

        return await last_value_from(
            rx.defer(lambda _: rx.interval(interval)).pipe(
                poll(check), ops.take_while(lambda job: job is PENDING, inclusive=True), ops.last()
            )
        )

    async def _request(self, method: str, url: str, **kwargs: Any) -> dict[str, Any]:
        response = await self._send(method, url, **kwargs)
        data: dict[str, Any] = response.json()
        return data

    async def _send(self, method: str, url: str, **kwargs: Any) -> httpx.Response:
        delay = self._retry_base
        for attempt in range(self._max_retries + 1):
            response = await self._http.request(method, url, **kwargs)
            if response.is_success:
                return response
            if response.status_code not in RETRYABLE_STATUS or attempt == self._max_retries:
                break
            pause = max(delay, _retry_after(response) or 0.0)
            logger.warning(
                "%s %s answered %d, trying again in %.2fs",
                method,
                url,
                response.status_code,
                pause,
            )
            await last_value_from(rx.timer(pause))
            delay *= 2
        raise _as_error(method, url, response)


def _retry_after(response: httpx.Response) -> float | None:
    try:
        return float(response.headers["retry-after"])
    except (KeyError, ValueError):
        return None


def _as_error(method: str, url: str, response: httpx.Response) -> RemoteError:
    message = f"{method} {url} answered {response.status_code}"
    if response.status_code == 429:
        return RateLimitedError(message, retry_after=_retry_after(response))
    return RemoteError(message, status_code=response.status_code)
