"""One call."""


async def fetch_one(fetch, item):
    return await fetch(item)
