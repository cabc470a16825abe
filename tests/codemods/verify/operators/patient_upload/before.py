import asyncio
import random


class ThrottledError(Exception):
    pass


async def send(record, upload, attempts, base, cap):
    for n in range(attempts):
        try:
            return await upload(record)
        except ThrottledError:
            if n == attempts - 1:
                raise
            await asyncio.sleep(random.uniform(0, min(cap, base * 2**n)))
    raise AssertionError


async def send_within(record, upload, budget, base, cap):
    waited, n = 0.0, 0
    while True:
        try:
            return await upload(record)
        except ThrottledError:
            delay = random.uniform(0, min(cap, base * 2**n))
            if waited + delay > budget:
                raise
        await asyncio.sleep(delay)
        waited += delay
        n += 1


async def send_as_told(record, upload, attempts):
    for n in range(attempts):
        try:
            return await upload(record)
        except ThrottledError as error:
            if n == attempts - 1:
                raise
            await asyncio.sleep(max(0.1 * 2**n, len(str(error)) / 10))
    raise AssertionError
