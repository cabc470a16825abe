"""Waves in a program that may run without asyncio."""

import anyio


async def load(client, names):
    wave1 = await client.fetch(names)
    await anyio.sleep(0.1)
    wave2 = await client.fetch_details(wave1)
    return wave2
