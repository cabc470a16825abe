"""One chain is to stay as it is."""

import asyncio

from _operators import concat_map, from_async, last_value_from


async def load(fetch, names):
    wave1 = await asyncio.gather(*[fetch(name) for name in names])  # codemods: skip
    wave2 = await fetch(str(wave1))
    return wave2


async def load_quickly(fetch, names):
    wave2 = await last_value_from(from_async(fetch, names).pipe(concat_map(fetch)))
    return wave2
