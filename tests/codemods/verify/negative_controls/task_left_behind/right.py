"""The vendored operators."""

from _operators import from_async, last_value_from


async def fetch_one(fetch, item):
    return await last_value_from(from_async(fetch, item))
