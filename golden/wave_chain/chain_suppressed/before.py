"""One chain is to stay as it is."""

import asyncio


async def load(fetch, names):
    wave1 = await asyncio.gather(*[fetch(name) for name in names])  # codemods: skip
    wave2 = await fetch(str(wave1))
    return wave2


async def load_quickly(fetch, names):
    wave1 = await fetch(names)
    wave2 = await fetch(wave1)
    return wave2
