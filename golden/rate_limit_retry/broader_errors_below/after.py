"""Handlers further down that would take the rate limit as well: the first one keeps it from them."""

import logging

from _operators import (
    PENDING,
    TryAgain,
    last_value_from,
    occ_transition,
    upload_with_retry,
)

logger = logging.getLogger(__name__)


class ApiError(Exception):
    pass


class RateLimitError(ApiError):
    pass


class VersionConflictError(ApiError):
    pass


async def logged(send, note):
    async def request(note):
        try:
            return await send(note)
        except RateLimitError:
            raise
        except Exception:
            logger.exception("%s failed", note)
            raise

    result = await last_value_from(
        upload_with_retry(
            note,
            request,
            max_attempts=4,
            retry_on=RateLimitError,
            backoff=lambda attempt, _: 0.2 * 2**attempt,
            exhausted=PENDING,
        )
    )
    if result is not PENDING:
        return result
    raise RuntimeError("no attempt left")


async def given_up(send, note):
    async def request(note):
        try:
            await send(note)
            return True
        except RateLimitError:
            raise
        except ApiError:
            return False

    return await last_value_from(
        upload_with_retry(
            note,
            request,
            max_attempts=3,
            retry_on=RateLimitError,
            backoff=lambda *_: 0.3,
            exhausted=None,
        )
    )


async def merged(send, note):
    async def transition():
        try:
            return await send(note)
        except VersionConflictError as exc:
            raise TryAgain from exc
        except (ApiError, OSError) as error:
            return str(error)

    return await last_value_from(
        occ_transition(
            transition, max_attempts=None, conflict=TryAgain, backoff=lambda *_: 0.1
        )
    )
