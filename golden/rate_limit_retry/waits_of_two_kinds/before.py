"""A wait that the other side asks for, or none, is not followed by what follows one's own."""

import asyncio


class RateLimitError(Exception):
    def __init__(self, retry_after: float | None) -> None:
        super().__init__(retry_after)
        self.retry_after = retry_after


async def as_it_asks(send, note):
    delay = 0.1
    for _ in range(6):
        try:
            return await send(note)
        except RateLimitError as error:
            if error.retry_after is not None:
                await asyncio.sleep(error.retry_after)
                continue
            await asyncio.sleep(delay)
            delay *= 2
    return None


async def counted(send, note):
    doublings = 0
    while True:
        try:
            return await send(note), doublings
        except RateLimitError as error:
            if error.retry_after is not None:
                await asyncio.sleep(error.retry_after)
                continue
            await asyncio.sleep(0.2)
            doublings += 1


async def impatient(send, note):
    delay = 0.1
    for _ in range(6):
        try:
            return await send(note)
        except RateLimitError as error:
            if error.retry_after is None:
                await asyncio.sleep(delay)
            delay *= 2
    raise RuntimeError(f"{note}: not in {delay} s")


async def not_after_the_last(send, note):
    delay = 0.1
    for attempt in range(3):
        try:
            return await send(note)
        except RateLimitError:
            if attempt < 2:
                await asyncio.sleep(delay)
            delay *= 2
    return delay


async def of_three_kinds(send, note):
    delay = 0.1
    while True:
        try:
            return await send(note)
        except RateLimitError as error:
            if error.retry_after is None:
                await asyncio.sleep(delay)
            elif error.retry_after > 0.5:
                await asyncio.sleep(error.retry_after)
                continue
            else:
                await asyncio.sleep(0)
            delay = min(delay * 2, 1)
