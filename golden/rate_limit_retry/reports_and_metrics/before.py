"""Attempts that are counted, measured and written about."""

import asyncio
import logging
import time

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
    for attempt in range(1, retries + 1):
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
            if attempt == retries:
                metrics.inc("lost")
                raise
            await asyncio.sleep(0.2 * attempt)
    return None


async def noticed(run, job, metrics):
    errors = []
    for attempt in range(3):
        try:
            return await run(job, attempt), errors
        except RateLimitError as exc:
            errors.append(str(exc))
            metrics.inc("limited")
            await asyncio.sleep(0.3)
    return None, errors
