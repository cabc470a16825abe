"""Not waits: these let other tasks run."""

import asyncio
from collections.abc import Iterable


async def checksum(chunks: Iterable[bytes]) -> int:
    total = 0
    for number, chunk in enumerate(chunks):
        total = (total * 31 + sum(chunk)) % 65_521
        if number % 64 == 0:
            await asyncio.sleep(0)
    await asyncio.sleep(0.0)
    await asyncio.sleep(-0)
    await asyncio.sleep(0 * 60)
    await asyncio.sleep(delay=1 - 1)
    return await asyncio.sleep(0x0, result=total)
