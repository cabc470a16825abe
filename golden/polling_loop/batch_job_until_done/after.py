"""Three ways to wait for a batch job: for its result, for its end, for another service."""

import logging
from dataclasses import dataclass
from typing import Protocol

import reactivex as rx
from reactivex import operators as ops

from _operators import last_value_from, poll

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
    return await last_value_from(
        rx.interval(POLL_INTERVAL).pipe(
            poll(lambda _: client.status(job_id)),
            ops.take_while(lambda job: not job.done, inclusive=True),
            ops.last(),
        )
    )


async def output_of(client: Client, job_id: str, interval: float = 2.0) -> str:
    # The service forgets jobs after a day: whoever asks later gets a 404.
    # be gentle
    job: Job = await last_value_from(
        rx.interval(interval).pipe(
            poll(lambda _: client.status(job_id, verbose=True)),
            ops.take_while(lambda job: not job.done, inclusive=True),
            ops.last(),
        )
    )

    if job.output is None:
        raise LookupError(f"{job.id} has no output")
    return job.output


async def wait_until_indexed(client: Client, job_id: str) -> str:
    await last_value_from(
        rx.interval(0.5).pipe(
            poll(lambda _: client.indexed(job_id)),
            ops.take_while(lambda done: not done, inclusive=True),
            ops.last(),
        )
    )
    logger.info("%s can be searched", job_id)
    return job_id
