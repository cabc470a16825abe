"""Attempts that the code counts itself."""

import asyncio
import logging

logger = logging.getLogger(__name__)


class ConflictError(Exception):
    pass


class TooManyConflicts(Exception):
    pass


async def claim(write, job, limit):
    attempt = 0
    while True:
        try:
            return await write(job)
        except ConflictError:
            attempt += 1
            if attempt >= limit:
                raise
            await asyncio.sleep(0.1 * 2**attempt)


async def finish(write, job, limit):
    failures = 0
    while failures < limit:
        try:
            return await write(job)
        except ConflictError as error:
            failures += 1
            logger.warning("%s failed %d times: %r", job, failures, error)
            await asyncio.sleep(0.1 * failures)
    raise TooManyConflicts(job, failures)


async def abandon(write, job, limit):
    attempt = 0
    while attempt <= limit:
        attempt += 1
        try:
            await write(job)
            return attempt
        except ConflictError:
            if attempt > limit:
                raise TooManyConflicts(job) from None
            await asyncio.sleep(0.3)


async def restart(write, job, limit):
    attempt = 1
    while True:
        try:
            await write(job)
            break
        except ConflictError as error:
            if attempt == 3:
                raise TooManyConflicts(job) from error
            await asyncio.sleep(0.2 * attempt)
            attempt += 1
    logger.info("%s was restarted", job)
