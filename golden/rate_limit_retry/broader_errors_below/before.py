"""Handlers further down that would take the rate limit as well: the first one keeps it from them."""

import asyncio
import logging

logger = logging.getLogger(__name__)


class ApiError(Exception):
    pass


class RateLimitError(ApiError):
    pass


class VersionConflictError(ApiError):
    pass


async def logged(send, note):
    for attempt in range(4):
        try:
            return await send(note)
        except RateLimitError:
            await asyncio.sleep(0.2 * 2**attempt)
        except Exception:
            logger.exception("%s failed", note)
            raise
    raise RuntimeError("no attempt left")


async def given_up(send, note):
    for _ in range(3):
        try:
            await send(note)
            return True
        except RateLimitError:
            await asyncio.sleep(0.3)
        except ApiError:
            return False
    return None


async def merged(send, note):
    while True:
        try:
            return await send(note)
        except VersionConflictError:
            await asyncio.sleep(0.1)
        except (ApiError, OSError) as error:
            return str(error)
