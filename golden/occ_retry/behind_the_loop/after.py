"""What is left to do when all attempts are used up."""

import logging
import random

from _operators import PENDING, last_value_from, occ_transition

logger = logging.getLogger("stock")


class ConflictError(Exception):
    pass


class OutOfPatience(Exception):
    pass


async def reserve(write, item, retries=3):
    error = None

    async def transition():
        receipt = await write(item, 1)
        return receipt

    def backoff(attempt, exc):
        nonlocal error
        error = exc
        logger.info("attempt %d of %d: %s", attempt + 1, retries, exc)
        return random.uniform(0, 0.3)

    receipt = await last_value_from(
        occ_transition(
            transition,
            max_attempts=retries,
            conflict=ConflictError,
            backoff=backoff,
            exhausted=PENDING,
        )
    )
    if receipt is PENDING:
        raise OutOfPatience(item) from error
    logger.info("reserved: %s", receipt)
    return receipt


async def release(write, item, retries=3):
    async def transition():
        await write(item, -1)
        return True

    return await last_value_from(
        occ_transition(
            transition,
            max_attempts=retries,
            conflict=ConflictError,
            backoff=lambda *_: 0.2,
            exhausted=False,
        )
    )


async def count(write, item, retries=3):
    delay = 0.1

    def backoff(attempt, _):
        nonlocal delay
        if attempt < retries - 1:
            pause = delay
            delay *= 2
            return pause
        return PENDING

    result = await last_value_from(
        occ_transition(
            lambda: write(item, 0),
            max_attempts=retries,
            conflict=ConflictError,
            backoff=backoff,
            exhausted=PENDING,
        )
    )
    if result is not PENDING:
        return result
    logger.error("%s: not counted, the next wait would have been %.1f", item, delay)
    raise OutOfPatience(item)


async def check(write, item, retries=3):
    waited = 0.0

    async def transition():
        await write(item, waited)

    def backoff(attempt, _):
        nonlocal waited
        if attempt == retries - 1:
            logger.warning("%s: giving up", item)
            return PENDING
        pause = 0.1 * 2**attempt
        waited += pause
        return pause

    result = await last_value_from(
        occ_transition(
            transition,
            max_attempts=retries,
            conflict=ConflictError,
            backoff=backoff,
            exhausted=PENDING,
        )
    )
    if result is not PENDING:
        return
    raise OutOfPatience(item, waited)


async def renew(write, item, retries=3):
    attempt = -1

    async def transition():
        nonlocal attempt
        attempt += 1
        try:
            return await write(item, "new")
        except ConflictError:
            if attempt == retries - 1:
                return None
            raise

    if retries > 0:
        return await last_value_from(
            occ_transition(
                transition,
                max_attempts=retries,
                conflict=ConflictError,
                backoff=lambda *_: 0.1,
            )
        )
    raise ValueError("no retries")
