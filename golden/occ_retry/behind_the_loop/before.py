"""What is left to do when all attempts are used up."""

import asyncio
import logging
import random

logger = logging.getLogger("stock")


class ConflictError(Exception):
    pass


class OutOfPatience(Exception):
    pass


async def reserve(write, item, retries=3):
    error = None
    for attempt in range(retries):
        try:
            receipt = await write(item, 1)
            break
        except ConflictError as exc:
            error = exc
            logger.info("attempt %d of %d: %s", attempt + 1, retries, exc)
            await asyncio.sleep(random.uniform(0, 0.3))
    else:
        raise OutOfPatience(item) from error
    logger.info("reserved: %s", receipt)
    return receipt


async def release(write, item, retries=3):
    for _ in range(retries):
        try:
            await write(item, -1)
            return True
        except ConflictError:
            await asyncio.sleep(0.2)
    return False


async def count(write, item, retries=3):
    delay = 0.1
    for attempt in range(retries):
        try:
            return await write(item, 0)
        except ConflictError:
            pass
        if attempt < retries - 1:
            await asyncio.sleep(delay)
            delay *= 2
    logger.error("%s: not counted, the next wait would have been %.1f", item, delay)
    raise OutOfPatience(item)


async def check(write, item, retries=3):
    waited = 0.0
    for attempt in range(retries):
        try:
            await write(item, waited)
            return
        except ConflictError:
            if attempt == retries - 1:
                logger.warning("%s: giving up", item)
                break
            pause = 0.1 * 2**attempt
            await asyncio.sleep(pause)
            waited += pause
    raise OutOfPatience(item, waited)


async def renew(write, item, retries=3):
    for attempt in range(retries):
        try:
            return await write(item, "new")
        except ConflictError:
            if attempt == retries - 1:
                return None
            await asyncio.sleep(0.1)
    raise ValueError("no retries")
