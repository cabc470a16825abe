"""Attempts that are counted, measured and written about."""

import logging
import time

from _operators import PENDING, TryAgain, last_value_from, upload_with_retry

logger = logging.getLogger(__name__)


class RateLimitError(Exception):
    pass


class Metrics:
    def __init__(self) -> None:
        self.counts: dict[str, int] = {}

    def inc(self, name: str) -> None:
        self.counts[name] = self.counts.get(name, 0) + 1


async def measured(run, job, metrics, retries=3):
    started = time.monotonic()
    attempt = 0

    async def request(job):
        nonlocal attempt
        attempt += 1
        logger.info("job %s, attempt %d", job, attempt)
        metrics.inc("attempts")
        try:
            result = await run(job, attempt)
            metrics.inc("successes")
            logger.info("took %.3f s", time.monotonic() - started)
            return result
        except RateLimitError as exc:
            metrics.inc("limited")
            logger.warning("attempt %d: %s", attempt, exc, exc_info=True)
            raise TryAgain from exc

    def backoff(_, exc):
        if attempt == retries:
            metrics.inc("lost")
            raise exc
        return 0.2 * attempt

    return await last_value_from(
        upload_with_retry(
            job,
            request,
            max_attempts=retries,
            retry_on=TryAgain,
            backoff=backoff,
            exhausted=None,
        )
    )


async def noticed(run, job, metrics):
    errors = []
    attempt = -1

    async def request(job):
        nonlocal attempt
        attempt += 1
        return await run(job, attempt), errors

    def backoff(_, exc):
        errors.append(str(exc))
        metrics.inc("limited")
        return 0.3

    result = await last_value_from(
        upload_with_retry(
            job,
            request,
            max_attempts=3,
            retry_on=RateLimitError,
            backoff=backoff,
            exhausted=PENDING,
        )
    )
    if result is not PENDING:
        return result
    return None, errors
