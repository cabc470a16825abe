"""Three ways to wait for a batch job: for its result, for its end, for another service."""

import asyncio
import logging
from dataclasses import dataclass
from typing import Protocol

logger = logging.getLogger(__name__)

POLL_INTERVAL = 5.0


@dataclass(frozen=True)
class Job:
    id: str
    state: str
    output: str | None = None

    @property
    def done(self) -> bool:
        return self.state in ("succeeded", "failed")


class Client(Protocol):
    async def status(self, job_id: str, *, verbose: bool = False) -> Job: ...

    async def indexed(self, job_id: str) -> bool: ...


async def wait_for_job(client: Client, job_id: str) -> Job:
    """The job, once it has ended."""
    while True:
        job = await client.status(job_id)
        if job.done:
            return job
        await asyncio.sleep(POLL_INTERVAL)


async def output_of(client: Client, job_id: str, interval: float = 2.0) -> str:
    # The service forgets jobs after a day: whoever asks later gets a 404.
    while True:
        job: Job = await client.status(job_id, verbose=True)
        if job.done:
            break
        await asyncio.sleep(interval)  # be gentle

    if job.output is None:
        raise LookupError(f"{job.id} has no output")
    return job.output


async def wait_until_indexed(client: Client, job_id: str) -> str:
    while True:
        if await client.indexed(job_id):
            logger.info("%s can be searched", job_id)
            return job_id
        await asyncio.sleep(0.5)
