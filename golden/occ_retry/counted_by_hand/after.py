"""Attempts that the code counts itself."""

import logging

from _operators import PENDING, last_value_from, occ_transition

logger = logging.getLogger(__name__)


class ConflictError(Exception):
    pass


class TooManyConflicts(Exception):
    pass


async def claim(write, job, limit):
    return await last_value_from(
        occ_transition(
            lambda: write(job),
            max_attempts=max(1, limit),
            conflict=ConflictError,
            backoff=lambda n, _: 0.1 * 2 ** (n + 1),
        )
    )


async def finish(write, job, limit):
    failures = 0

    def backoff(_, error):
        nonlocal failures
        failures += 1
        logger.warning("%s failed %d times: %r", job, failures, error)
        return 0.1 * failures

    result = await last_value_from(
        occ_transition(
            lambda: write(job),
            max_attempts=limit,
            conflict=ConflictError,
            backoff=backoff,
            exhausted=PENDING,
        )
    )
    if result is not PENDING:
        return result
    raise TooManyConflicts(job, failures)


async def abandon(write, job, limit):
    attempt = 0

    async def transition():
        nonlocal attempt
        attempt += 1
        await write(job)
        return attempt

    def backoff(_, _error):
        if attempt > limit:
            raise TooManyConflicts(job) from None
        return 0.3

    return await last_value_from(
        occ_transition(
            transition,
            max_attempts=limit + 1,
            conflict=ConflictError,
            backoff=backoff,
            exhausted=None,
        )
    )


async def restart(write, job, limit):
    attempt = 1

    async def transition():
        await write(job)

    def backoff(n, error):
        nonlocal attempt
        if n:
            attempt += 1
        if attempt == 3:
            raise TooManyConflicts(job) from error
        return 0.2 * attempt

    await last_value_from(
        occ_transition(
            transition, max_attempts=None, conflict=ConflictError, backoff=backoff
        )
    )
    logger.info("%s was restarted", job)
